#include "sample_grid.h"

#include <algorithm>
#include <cmath>

namespace assay::test {

namespace {

const std::vector<std::string> kClasses{"T-shirt", "Trouser", "Pullover", "Dress", "Coat",
                                        "Sandal",  "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

/// A soft blob whose shape depends on the image, so that tiles can be told apart.
double picture(std::size_t image, double x, double y)
{
    const double a = 0.35 + 0.2 * std::sin(static_cast<double>(image) * 0.7),
                 b = 0.3 + 0.25 * std::cos(static_cast<double>(image) * 1.3);
    const double d = (x * x) / (a * a) + (y * y) / (b * b);
    return std::clamp(1.2 - d * (0.8 + 0.2 * std::sin(9 * x + static_cast<double>(image))), 0.0, 1.0);
}

double noise(std::size_t image, double x, double y)
{
    return std::sin(31 * x + static_cast<double>(image)) *
           std::cos(27 * y - 0.5 * static_cast<double>(image));
}

} // namespace

std::shared_ptr<const protocol::ImageGrid> sampleGrid(std::size_t count, std::uint32_t side,
                                                      std::uint32_t channels)
{
    auto grid = std::make_shared<protocol::ImageGrid>();
    grid->name = "adversarial";
    grid->title = "Adversarial examples of fashion-cnn";
    grid->variants = {"clean", "perturbation × 10", "adversarial"};
    grid->width = grid->height = side;
    grid->channels = channels;
    grid->pixels.reserve(count * 3 * side * side * channels);
    protocol::ImageAttribute label{"label", "Label", kClasses, {}, {}};
    protocol::ImageAttribute source{"source", "Source predicts", kClasses, {}, {}};
    protocol::ImageAttribute target{"target", "Target predicts", kClasses, {}, {}};
    protocol::ImageAttribute outcome{"outcome",
                                     "Outcome",
                                     {"same mistake", "different mistake", "unfooled"},
                                     {"same", "different", "unfooled"},
                                     {}};
    for (std::size_t i = 0; i < count; ++i) {
        grid->ids.push_back(static_cast<std::int64_t>(1000 + i));
        const int y = static_cast<int>(i * 7 % 10), y1 = (y + 1 + static_cast<int>(i % 4)) % 10;
        const int kind = static_cast<int>(i * 5 % 3);
        label.codes.push_back(y);
        source.codes.push_back(y1);
        target.codes.push_back(kind == 0 ? y1 : kind == 1 ? (y1 + 1) % 10 : y);
        outcome.codes.push_back(kind);
        for (int variant = 0; variant < 3; ++variant)
            for (std::uint32_t row = 0; row < side; ++row)
                for (std::uint32_t column = 0; column < side; ++column)
                    for (std::uint32_t c = 0; c < channels; ++c) {
                        const double x = (column + 0.5) / side - 0.5, v = (row + 0.5) / side - 0.5;
                        const double clean = picture(i, x, v) * (1 - 0.25 * c), n = noise(i, x, v);
                        const double value = variant == 0   ? clean
                                             : variant == 1 ? 0.5 + 0.5 * n
                                                            : clean + 0.06 * n;
                        grid->pixels.push_back(static_cast<std::uint8_t>(std::clamp(value, 0.0, 1.0) * 255));
                    }
    }
    grid->attributes = {label, source, target, outcome};
    return grid;
}

} // namespace assay::test
