"""One file a group of pages. A page reads, calls one function, and shows or leads on."""
