"""The archive of what was learned, but for its writing: columns, rows, files in log order, outcomes again.

Whatever writes it uses these names too, so that reader and writer cannot differ.
"""
