"""A drawn street in which detectors find cars, a bus, balls, a stop sign, a traffic light and a clock.

Pictures of Framehound are taken of this clip: it is the project's own, down to the last pixel, and looks the same each time.

    python tests/harness/drawn_street.py FILE.mp4
"""

from __future__ import annotations

import functools
import math
import random
import subprocess
import sys

from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT, RATE, SECONDS = 1280, 720, 15, 12

Colour = tuple[int, int, int]


def _canvas(width: float, height: float) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGBA", (round(width), round(height)))
    return image, ImageDraw.Draw(image)


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill: Colour) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _dark(colour: Colour, share: float = 0.6) -> Colour:
    return tuple(int(part * share) for part in colour)


def _gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    mask = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), mask)


# Things are drawn several times too large and made small: that smooths their edges.


@functools.cache
def car(width: int, colour: Colour, to_the_right: bool) -> Image.Image:
    n = width * 3
    h = n * 0.42
    image, draw = _canvas(n, h)
    body = [(.02, .62), (.05, .48), (.22, .42), (.34, .1), (.68, .08), (.82, .42), (.97, .5), (.985, .78), (.02, .78)]
    draw.polygon([(n * x, h * y) for x, y in body], fill=colour)
    draw.rectangle((n * .02, h * .66, n * .985, h * .82), fill=_dark(colour))
    for window in ([(.26, .42), (.36, .15), (.5, .15), (.5, .42)], [(.53, .42), (.53, .15), (.66, .15), (.77, .42)]):
        draw.polygon([(n * x, h * y) for x, y in window], fill=(40, 55, 70))
    draw.line((n * .515, h * .42, n * .515, h * .76), fill=_dark(colour), width=round(n * .005))
    draw.rectangle((n * .54, h * .5, n * .6, h * .53), fill=_dark(colour))
    draw.ellipse((n * .03, h * .5, n * .08, h * .6), fill=(255, 240, 190))
    draw.rectangle((n * .95, h * .52, n * .985, h * .62), fill=(200, 20, 20))
    for x in (.21, .79):
        for radius, fill in ((.2, (18, 18, 18)), (.12, (170, 175, 180)), (.03, (60, 60, 60))):
            _disc(draw, n * x, h * .78, h * radius, fill)
    small = image.resize((width, round(h / 3)), Image.LANCZOS)
    return small.transpose(Image.FLIP_LEFT_RIGHT) if to_the_right else small


@functools.cache
def bus(width: int, colour: Colour) -> Image.Image:
    n = width * 2
    h = n * 0.36
    image, draw = _canvas(n, h)
    draw.rounded_rectangle((0, h * .02, n - 1, h * .86), radius=h * .08, fill=colour)
    draw.rectangle((0, h * .6, n, h * .66), fill=(245, 245, 240))
    for i in range(7):
        x = n * (.14 + .12 * i)
        draw.rounded_rectangle((x, h * .14, x + n * .105, h * .48), radius=h * .02, fill=(38, 52, 66))
        gleam = [(x + n * .01, .47), (x + n * .05, .15), (x + n * .075, .15), (x + n * .035, .47)]
        draw.polygon([(at, h * y) for at, y in gleam], fill=(70, 90, 108))
    draw.rounded_rectangle((n * .015, h * .12, n * .115, h * .8), radius=h * .02, fill=(38, 52, 66))
    draw.line((n * .065, h * .12, n * .065, h * .8), fill=colour, width=4)
    for x in (.2, .8):
        _disc(draw, n * x, h * .85, h * .13, (16, 16, 16))
        _disc(draw, n * x, h * .85, h * .07, (150, 155, 160))
    return image.resize((width, round(h / 2)), Image.LANCZOS)


@functools.cache
def ball(radius: int, colour: Colour, seam: Colour) -> Image.Image:
    """Lit from the upper left, with two seams."""
    size = 2 * radius
    lit = Image.new("RGB", (size, size))
    pixels = lit.load()
    for y in range(size):
        for x in range(size):
            nx, ny = (x - radius) / radius, (y - radius) / radius
            nz = math.sqrt(max(0.0, 1 - nx * nx - ny * ny))
            light = max(0.0, -0.5 * nx - 0.6 * ny + 0.62 * nz)
            pixels[x, y] = tuple(min(255, int(part * (0.25 + 0.85 * light) + 120 * light**30)) for part in colour)
    draw = ImageDraw.Draw(lit)
    width = max(2, radius // 9)
    draw.arc((-radius * 1.3, -radius * .1, radius * .8, radius * 1.7), -60, 60, fill=seam, width=width)
    draw.arc((radius * 1.2, radius * .3, size + radius * 1.3, radius * 2.1), 120, 240, fill=seam, width=width)
    mask, outline = _canvas(size * 4, size * 4)
    outline.ellipse((4, 4, size * 4 - 4, size * 4 - 4), fill=(255, 255, 255))
    lit.putalpha(mask.getchannel("A").resize((size, size), Image.LANCZOS))
    return lit


@functools.cache
def stop_sign(size: int) -> Image.Image:
    n = size * 4
    image, draw = _canvas(n, n)
    for inset, fill in ((2, (235, 235, 235)), (n * .035, (190, 20, 30))):
        corner = (n / 2 - inset) / math.cos(math.pi / 8)
        turns = [math.pi / 8 + i * math.pi / 4 for i in range(8)]
        draw.polygon([(n / 2 + corner * math.cos(a), n / 2 + corner * math.sin(a)) for a in turns], fill=fill)
    draw.text((n / 2, n / 2), "STOP", font=ImageFont.load_default(n * .33), fill=(245, 245, 245), anchor="mm",
              stroke_width=n // 90, stroke_fill=(245, 245, 245))
    return image.resize((size, size), Image.LANCZOS)


@functools.cache
def clock(size: int, minutes: int) -> Image.Image:
    n = size * 4
    image, draw = _canvas(n, n)
    c = n / 2

    def at(share: float, angle: float) -> tuple[float, float]:
        return c + n * share * math.cos(angle), c + n * share * math.sin(angle)

    _disc(draw, c, c, c - 1, (45, 35, 30))
    _disc(draw, c, c, n * .43, (248, 244, 232))
    font = ImageFont.load_default(n * .11)
    for hour in range(1, 13):
        draw.text(at(.33, hour * math.pi / 6 - math.pi / 2), str(hour), font=font, fill=(25, 25, 25), anchor="mm")
    for minute in range(60):
        angle, width = minute * math.pi / 30, .006 if minute % 5 else .012
        draw.line((*at(.388, angle), *at(.42, angle)), fill=(25, 25, 25), width=round(n * width))
    for turn, length, width in ((minutes / 720, .2, .035), (minutes / 60, .3, .022)):
        angle = turn * 2 * math.pi - math.pi / 2
        draw.line((*at(-.04, angle), *at(length, angle)), fill=(15, 15, 15), width=round(n * width))
    _disc(draw, c, c, n * .03, (15, 15, 15))
    return image.resize((size, size), Image.LANCZOS)


@functools.cache
def traffic_light(height: int, lit: int) -> Image.Image:
    n = height * 4
    w = n * .42
    image, draw = _canvas(w, n)
    draw.rounded_rectangle((0, 0, w - 1, n - 1), radius=w * .2, fill=(28, 30, 28))
    lamps = (((255, 60, 40), (70, 20, 18)), ((255, 190, 40), (75, 58, 18)), ((60, 240, 120), (18, 66, 36)))
    for i, (on, off) in enumerate(lamps):
        y = n * (.19 + .31 * i)
        _disc(draw, w / 2, y, w * .38, (14, 14, 14))
        _disc(draw, w / 2, y, w * .33, on if i == lit else off)
    return image.resize((round(w / 4), height), Image.LANCZOS)


def background() -> Image.Image:
    chance = random.Random(7)
    image = _gradient((WIDTH, HEIGHT), (120, 165, 215), (215, 228, 238))
    draw = ImageDraw.Draw(image)
    x = 0
    for colour in ((176, 120, 95), (205, 190, 165), (150, 150, 155), (190, 150, 110), (160, 110, 90)):
        top, width = chance.randint(90, 190), chance.randint(230, 300)
        image.paste(_gradient((width, 470 - top), colour, _dark(colour, .8)), (x, top))
        for y in range(top + 30, 420, 70):
            for left in range(x + 25, x + width - 45, 62):
                draw.rectangle((left, y, left + 34, y + 44), fill=(55, 70, 88), outline=(235, 230, 220), width=3)
        x += width
    draw.rectangle((0, 460, WIDTH, 510), fill=(165, 162, 158))
    image.paste(_gradient((WIDTH, 210), (88, 88, 92), (62, 62, 66)), (0, 510))
    for x in range(-40, WIDTH, 180):
        draw.polygon([(x, 610), (x + 90, 610), (x + 80, 620), (x - 10, 620)], fill=(225, 225, 220))
    draw.rectangle((196, 300, 204, 480), fill=(120, 122, 125))
    draw.rectangle((776, 330, 784, 490), fill=(50, 52, 50))
    return image


# What drives: when it comes into the picture, how fast (pixels a second), and where its upper edge is.
CARS = [
    (-1.5, -190, 470, (40, 90, 170)), (1.6, 230, 575, (200, 40, 40)), (4.0, -210, 470, (235, 200, 50)),
    (5.6, 250, 575, (40, 90, 170)), (7.4, -200, 470, (200, 40, 40)), (8.6, 260, 575, (235, 235, 235)),
]
BUSES = [(2.4, -170, 380, (200, 40, 40)), (9.0, -180, 380, (40, 120, 80))]
CAR_WIDTH, BUS_WIDTH = 290, 450


def scene(still: Image.Image, t: float) -> Image.Image:
    image = still.copy()

    def put(thing: Image.Image, x: float, y: float) -> None:
        image.paste(thing, (round(x), round(y)), thing)

    def x_of(start: float, speed: float, width: int) -> float:
        return (WIDTH if speed < 0 else -width) + speed * (t - start)

    put(stop_sign(120), 140, 200)
    put(clock(130, 610 + int(t)), 420, 170)
    put(traffic_light(130, 0 if t < 5 else 1 if t < 6 else 2), 753, 210)
    for start, speed, y, colour in BUSES:
        if t >= start:
            put(bus(BUS_WIDTH, colour), x_of(start, speed, BUS_WIDTH), y)
    for start, speed, y, colour in CARS:
        if t >= start:
            put(car(CAR_WIDTH, colour, speed > 0), x_of(start, speed, CAR_WIDTH), y)
    put(ball(34, (235, 120, 40), (60, 30, 15)), 1120 - 70 * t, 560 - 40 * abs(math.sin(2.2 * t)))
    put(ball(28, (205, 225, 60), (240, 245, 235)), 180 + 60 * t, 640 - 30 * abs(math.sin(2.9 * t + 1)))
    return image.filter(ImageFilter.GaussianBlur(0.7))


def main(path: str) -> None:
    ffmpeg = subprocess.Popen(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}",
         "-r", str(RATE), "-i", "pipe:0", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "16", "-g", str(2 * RATE),
         path],
        stdin=subprocess.PIPE)
    assert ffmpeg.stdin is not None
    still = background()
    for i in range(RATE * SECONDS):
        ffmpeg.stdin.write(scene(still, i / RATE).tobytes())
    ffmpeg.stdin.close()
    if ffmpeg.wait() != 0:
        raise SystemExit(f"ffmpeg could not write {path}")


if __name__ == "__main__":
    main(sys.argv[1])
