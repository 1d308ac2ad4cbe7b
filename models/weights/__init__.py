"""What all published weights need: pickles that are read and not run, downloads, and where they are kept."""
