import numpy as np
import pytest

from thermal.air.history import WINDOW, History


@pytest.mark.parametrize(("decay", "calming"), [(0.99, True), (1.0, False)])
def test_air_of_one_temperature_calms_as_long_as_its_velocities_change_less(decay, calming):
    done = 4 * WINDOW
    history = History(inlet=[np.zeros((done, 2))], change=[0.1 * decay ** np.arange(done)])
    assert history.calming(done) is calming
