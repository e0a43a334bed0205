"""The Flask app, one file a resource. A route parses, calls one function and answers; nothing else knows HTTP."""
