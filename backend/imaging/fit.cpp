#include "backend/imaging/fit.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>

namespace assay::imaging {

namespace {

constexpr const char* kNames[] = {"crop", "stretch", "letterbox"};

/// A part of @p whole with the proportions width : height, as large as fits, in the middle.
PixelRect inside(int wholeWidth, int wholeHeight, int width, int height)
{
    const double scale =
        std::min(static_cast<double>(wholeWidth) / width, static_cast<double>(wholeHeight) / height);
    const auto side = [&](int of, int most) {
        return std::clamp(static_cast<int>(std::floor(of * scale + 0.5)), 1, most);
    };
    PixelRect part{.width = side(width, wholeWidth), .height = side(height, wholeHeight)};
    part.x = (wholeWidth - part.width) / 2;
    part.y = (wholeHeight - part.height) / 2;
    return part;
}

} // namespace

const char* fitName(Fit fit)
{
    return kNames[static_cast<int>(fit)];
}

Fit fitFromName(const std::string& name, const std::string& where)
{
    for (const Fit fit : {Fit::Crop, Fit::Stretch, Fit::Letterbox}) {
        if (name == fitName(fit))
            return fit;
    }
    throw Error("option 'fit' is '" + name.substr(0, 40) + "'; it must be crop, stretch or letterbox", where);
}

Placement place(int sourceWidth, int sourceHeight, int width, int height, Fit fit)
{
    Placement placed{.from = {.width = sourceWidth, .height = sourceHeight},
                     .to = {.width = width, .height = height}};
    if (fit == Fit::Crop)
        placed.from = inside(sourceWidth, sourceHeight, width, height);
    if (fit == Fit::Letterbox)
        placed.to = inside(width, height, sourceWidth, sourceHeight);
    return placed;
}

} // namespace assay::imaging
