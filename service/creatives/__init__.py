"""Creatives beside the request path: pictures measured, texts asked of a generator, ads shown before they run."""
