"""The engine and the service against worlds whose truth is known, and against logs."""
