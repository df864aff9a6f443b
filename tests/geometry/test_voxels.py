"""Solid cells, baffles, regions of air and the areas of patches."""

import numpy as np
import pytest

from geometry.errors import InputError
from geometry.grid import build_grid
from geometry.hall import Baffle, Block, Box, Device, Hall, Opening
from geometry.voxels import mirrored, voxelise

RACK = Device("rack", "rack", Box((1.0, 1.0, 0.0), (1.6, 2.2, 2.0)), "-y", "+y")


def voxels(**things):
    hall = Hall((4.0, 4.0, 3.0), **things)
    return voxelise(hall, build_grid(hall, 0.25))


def test_rack_is_solid_and_breathes_through_its_whole_faces():
    found = voxels(devices=(RACK,))
    assert found.grid.volume[found.solid].sum() == pytest.approx(0.6 * 1.2 * 2.0)
    for patch, sign in ((found.intakes["rack"], -1), (found.discharges["rack"], 1)):
        assert patch.area.sum() == pytest.approx(0.6 * 2.0)
        assert set(patch.sign) == {sign}
        assert not found.solid[tuple(patch.cells.T)].any()


def test_neighbour_covers_part_of_an_intake():
    block = Block("crate", Box((1.0, 0.5, 0.0), (1.6, 1.0, 1.0)))
    patch = voxels(devices=(RACK,), blocks=(block,)).intakes["rack"]
    assert patch.area.sum() == pytest.approx(0.6 * 1.0)
    assert patch.requested_area == pytest.approx(0.6 * 2.0)


def test_device_with_a_covered_face_is_refused_by_name():
    block = Block("crate", Box((1.0, 0.5, 0.0), (1.6, 1.0, 2.0)))
    with pytest.raises(InputError, match="rack"):
        voxels(devices=(RACK,), blocks=(block,))


def test_airtight_baffle_parts_the_air_and_a_tile_in_it_joins_it_again():
    floor = Baffle("floor", Box((0.0, 0.0, 0.5), (4.0, 4.0, 0.5)))
    tile = Baffle("tile", Box((1.0, 1.0, 0.5), (1.5, 1.5, 0.5)), 40.0)
    assert voxels(baffles=(floor,)).region.max() == 1
    joined = voxels(baffles=(floor, tile))
    assert joined.region.max() == 0
    dx, dy, _ = joined.grid.widths
    area = dx[:, None, None] * dy[None, :, None]
    assert ((joined.loss[2] == 40.0) * area).sum() == pytest.approx(0.25)


def test_shell_and_openings_share_the_surface_of_the_hall():
    opening = Opening("door", "outdoor", Box((0.0, 1.0, 0.0), (0.0, 2.0, 2.0)))
    found = voxels(openings=(opening,))
    assert found.openings["door"].area.sum() == pytest.approx(2.0)
    total = sum(patch.area.sum() for patch in found.shell.values())
    assert total == pytest.approx(2 * (16 + 12 + 12) - 2.0)


def test_distance_to_the_wall_is_half_a_cell_beside_it():
    found = voxels()
    assert found.wall_distance[0, 8, 6] == pytest.approx(0.5 * found.grid.widths[0][0])


@pytest.mark.parametrize("axis", [0, 1])
def test_mirror_twice_is_the_hall_again(axis):
    hall = Hall((4.0, 4.0, 3.0), devices=(RACK,))
    twice = mirrored(mirrored(hall, axis), axis)
    seen = voxelise(twice, build_grid(twice, 0.25))
    np.testing.assert_array_equal(seen.solid, voxels(devices=(RACK,)).solid)
    assert twice.devices[0].intake == "-y"
