//! Starting the program.
