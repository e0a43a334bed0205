"""What other systems send, as our own messages: one file a system, pure functions of the body."""
