"""What the tests that drive the program from outside share."""
