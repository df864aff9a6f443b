"""A hall as a case of OpenFOAM, so that anyone can check our air against another program."""
