"""Equipment between air, liquid and power: servers, cooling units, CDUs."""
