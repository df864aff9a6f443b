"""Names on a plan: placed where they cover neither equipment nor each other."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from geometry.hall import Box, Device, axis_of

POINTS = 8.0  # size of the letters
LETTER = 0.62  # width of a letter over its size, DejaVu Sans
LINE = 1.25  # height of a line over the size of its letters

Area = tuple[float, float, float, float]  # x and y of the lower corner, x and y of the upper one


class Lettering:
    """Writes names onto axes whose limits and aspect are set; knows what is taken already."""

    def __init__(self, axes: Axes, solids: Sequence[Box]) -> None:
        figure = axes.get_figure(root=True)
        assert figure is not None
        figure.draw_without_rendering()  # gives the axes their size
        pixels = axes.transData.transform([(0.0, 0.0), (1.0, 0.0)])
        points = (pixels[1, 0] - pixels[0, 0]) * 72.0 / figure.dpi
        self.size = POINTS / points  # of a letter, in metres of the hall
        self.axes = axes
        self.taken = [area_of(box) for box in solids]

    def extent(self, name: str) -> tuple[float, float]:
        """Width and height of a name [m of the hall]."""
        return (len(name) * LETTER * self.size, LINE * self.size)

    def fits(self, name: str, box: Box) -> bool:
        """Whether a name fits into a box, lying or standing."""
        long, high = self.extent(name)
        x, y, _ = box.size
        return (long <= x and high <= y) or (long <= y and high <= x)

    def inside(self, name: str, box: Box) -> bool:
        """Write a name into a box, standing where it does not fit lying; says whether it could."""
        if not self.fits(name, box):
            return False
        x, y = (0.5 * (box.lower[axis] + box.upper[axis]) for axis in (0, 1))
        lying = self.extent(name)[0] <= box.size[0]
        self._write(name, x, y, 0 if lying else 90)
        return True

    def beside(self, name: str, box: Box) -> None:
        """Write a name on the first free side of a box; leave it out where none is free."""
        self._first_free(name, [area for side in range(4) for area in self._sides(name, box, side)])

    def ends(self, row: Sequence[Device]) -> None:
        """Write the names of the first and the last device of a row beyond its two ends."""
        along_x = axis_of(row[0].intake) != 0
        for device, side in ((row[0], 0 if along_x else 2), (row[-1], 1 if along_x else 3)):
            order = [side, *(other for other in (2, 3, 0, 1) if other != side)]
            areas = [area for s in order for area in self._sides(device.name, device.box, s)]
            self._first_free(device.name, areas)
            if len(row) == 1:
                return

    def _sides(self, name: str, box: Box, side: int) -> Iterator[Area]:
        """Places for a name at a side of a box: 0 left, 1 right, 2 below, 3 above."""
        long, high = self.extent(name)
        gap = 0.3 * self.size
        x, y = (0.5 * (box.lower[axis] + box.upper[axis]) for axis in (0, 1))
        if side < 2:
            left = box.lower[0] - gap - long if side == 0 else box.upper[0] + gap
            bottoms = (y - high / 2, box.lower[1], box.upper[1] - high)
            yield from ((left, bottom, left + long, bottom + high) for bottom in bottoms)
        else:
            bottom = box.lower[1] - gap - high if side == 2 else box.upper[1] + gap
            lefts = (x - long / 2, box.lower[0], box.upper[0] - long)
            yield from ((left, bottom, left + long, bottom + high) for left in lefts)

    def _first_free(self, name: str, areas: Sequence[Area]) -> None:
        (x0, x1), (y0, y1) = self.axes.get_xlim(), self.axes.get_ylim()
        for area in areas:
            within = x0 <= area[0] and area[2] <= x1 and y0 <= area[1] and area[3] <= y1
            if within and not any(_overlap(area, other) for other in self.taken):
                self._write(name, 0.5 * (area[0] + area[2]), 0.5 * (area[1] + area[3]), 0)
                self.taken.append(area)
                return

    def _write(self, name: str, x: float, y: float, rotation: float) -> None:
        text = self.axes.text(x, y, name, fontsize=POINTS, rotation=rotation, zorder=10)
        text.set_path_effects([withStroke(linewidth=2.0, foreground="white")])
        text.set_horizontalalignment("center")
        text.set_verticalalignment("center")
        text.set_parse_math(False)  # a dollar in a name is a dollar


def area_of(box: Box) -> Area:
    """Area that a box covers on the plan."""
    return (box.lower[0], box.lower[1], box.upper[0], box.upper[1])


def _overlap(a: Area, b: Area) -> bool:
    """Whether two areas share more than an edge."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
