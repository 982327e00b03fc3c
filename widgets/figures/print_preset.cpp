#include "widgets/figures/print_preset.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

constexpr double kMmPerInch = 25.4;
const QString kSlides = QStringLiteral("slides");

QString presetName(const char* text)
{
    return QCoreApplication::translate("PrintPreset", text);
}

} // namespace

const QVector<PrintPreset>& printPresets()
{
    constexpr double in = kMmPerInch, pt = kMmPerInch / 72.27; // TeX's point
    constexpr double acmText = 8.5 * in - 2 * 54 * pt;
    static const QVector<PrintPreset> presets{
        {"a4", presetName("A4 report"), 160, 160, 8},
        {"cvpr", presetName("CVPR, ICCV"), (6.875 - 0.3125) / 2 * in, 6.875 * in, 8},
        {"ieee", presetName("IEEE"), 3.5 * in, 7.16 * in, 8},
        {"neurips", presetName("NeurIPS"), 5.5 * in, 5.5 * in, 8},
        {"icml", presetName("ICML"), 3.25 * in, 6.75 * in, 8},
        {"iclr", presetName("ICLR"), 5.5 * in, 5.5 * in, 8},
        {"acm", presetName("ACM (sigconf)"), (acmText - 24 * pt) / 2, acmText, 8},
        {"lncs", presetName("Springer LNCS, ECCV"), 122, 122, 8},
        {"elsevier", presetName("Elsevier"), 90, 190, 7},
        {"nature", presetName("Nature"), 89, 183, 7},
        {kSlides, presetName("Slides 16:9"), 122, 254, 16},
    };
    return presets;
}

const PrintPreset& printPreset(const QString& id)
{
    const auto& all = printPresets();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.id == id; });
    return found == all.end() ? all.first() : *found;
}

double usualHeightMm(const PrintPreset& preset, double widthMm)
{
    if (preset.id == kSlides)
        return std::round(widthMm * 9 / 16);
    const double share = 0.706 - (widthMm - 85) * (0.706 - 0.478) / (178 - 85);
    return std::round(widthMm * std::clamp(share, 0.48, 0.72));
}

} // namespace assay::widgets
