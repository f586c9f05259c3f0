"""Learning the data files of the package; needs the labelled texts beside the repository."""
