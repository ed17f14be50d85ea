//! One file per subcommand; errors to words and exit codes.
