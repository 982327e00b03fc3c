#include "widgets/browsing/model_reading.h"

#include "widgets/engine/json_read.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

struct ModelReadingWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::ModelReading)
};

std::optional<double> maybeNumber(const Json& json, const char* key)
{
    const double value = numberOf(json, key, -1);
    return value >= 0 ? std::optional(value) : std::nullopt;
}

std::vector<double> numbersOf(const Json& json, const char* key)
{
    std::vector<double> values;
    for (const Json& item : arrayOf(json, key)) {
        if (item.is_number())
            values.push_back(item.get<double>());
    }
    return values;
}

QString joined(const std::vector<double>& values, const QString& between)
{
    QStringList texts;
    for (const double value : values)
        texts << QLocale::c().toString(value, 'g', 6);
    return texts.join(between);
}

QString shapeText(const Json& json, const char* key)
{
    return joined(numbersOf(json, key), QStringLiteral(" × "));
}

bool areAll(const std::vector<double>& values, double wanted)
{
    return std::all_of(values.begin(), values.end(), [wanted](double value) { return value == wanted; });
}

/// "Expects 3 × 224 × 224 images, RGB, with values from 0 to 1, normalised with mean ... and deviation ...".
QString contractOf(const Json& input)
{
    const int channels = int(std::clamp(numberOf(input, "channels"), 0.0, 1e6));
    if (channels == 0)
        return {};
    const QString order = channels == 1          ? ModelReadingWords::tr("grey")
                          : flagOf(input, "bgr") ? ModelReadingWords::tr("BGR (blue first)")
                          : channels == 3        ? ModelReadingWords::tr("RGB")
                                                 : ModelReadingWords::tr("%1 channels").arg(channels);
    QString text = ModelReadingWords::tr("Expects %1 × %2 × %3 images, %4, scaled to 0 … %5")
                       .arg(channels)
                       .arg(numberOf(input, "height"))
                       .arg(numberOf(input, "width"))
                       .arg(order)
                       .arg(numberOf(input, "scale", 1));
    const std::vector<double> mean = numbersOf(input, "mean");
    const std::vector<double> deviation = numbersOf(input, "stddev");
    if (areAll(mean, 0) && areAll(deviation, 1))
        return text + ModelReadingWords::tr("; not normalised further.");
    return text + ModelReadingWords::tr("; normalises with mean %1 and deviation %2.")
                      .arg(joined(mean, QStringLiteral(", ")), joined(deviation, QStringLiteral(", ")));
}

QString answersOf(const Json& json)
{
    const std::vector<double> output = numbersOf(json, "output");
    return output.size() == 2 ? ModelReadingWords::tr("Answers with the scores of %1 classes.").arg(output[1])
                              : QString();
}

protocol::Findings findingsOf(const Json& json)
{
    protocol::Findings findings;
    for (const Json& item : arrayOf(json, "findings")) {
        const QString level = textOf(item, "level");
        const QString text = textOf(item, "text");
        // The contract stands above in its own words.
        if (text.isEmpty() || (level == QLatin1String("info") && text.startsWith(QLatin1String("Expects "))))
            continue;
        using Level = protocol::Finding::Level;
        findings.push_back({level == QLatin1String("problem")   ? Level::Problem
                            : level == QLatin1String("warning") ? Level::Warning
                                                                : Level::Info,
                            text.toStdString()});
    }
    std::stable_sort(findings.begin(), findings.end(),
                     [](const auto& a, const auto& b) { return a.level > b.level; });
    return findings;
}

ModelReading::Layer layerOf(const Json& item)
{
    return {textOf(item, "path"), textOf(item, "kind"),
            qint64(std::clamp(numberOf(item, "parameters"), 0.0, 1e18)), maybeNumber(item, "macs"),
            shapeText(item, "output")};
}

ModelReading::Parameter parameterOf(const Json& item)
{
    return {textOf(item, "name"),  shapeText(item, "shape"), numberOf(item, "mean"),   numberOf(item, "std"),
            numberOf(item, "min"), numberOf(item, "max"),    numbersOf(item, "counts")};
}

} // namespace

ModelReading readModelReport(const Json& json)
{
    ModelReading reading;
    if (!json.is_object())
        return reading;
    for (const Json& item : arrayOf(json, "tree"))
        reading.layers.append(layerOf(item));
    for (const Json& item : arrayOf(json, "parameters"))
        reading.parameters.append(parameterOf(item));
    for (const Json& item : arrayOf(json, "taps")) {
        if (item.is_string())
            reading.taps << QString::fromStdString(item.get<std::string>());
    }
    reading.findings = findingsOf(json);
    reading.macs = maybeNumber(json, "macs");
    reading.imagesPerSecond = maybeNumber(json, "imagesPerSecond");
    reading.parameterCount = qint64(std::clamp(numberOf(json, "parameterCount"), 0.0, 1e18));
    if (const auto input = json.find("input"); input != json.end() && reading.hasNetwork())
        reading.contract = contractOf(*input);
    reading.answers = answersOf(json);
    return reading;
}

protocol::Figure histogramOf(const ModelReading::Parameter& parameter)
{
    protocol::Figure figure;
    figure.name = "parameter-histogram";
    figure.title = parameter.name.toStdString();
    figure.x.label = ModelReadingWords::tr("value").toStdString();
    figure.y.label = ModelReadingWords::tr("count").toStdString();
    figure.y.low = 0;
    protocol::Layer bars;
    bars.kind = protocol::LayerKind::Bars;
    bars.name = ModelReadingWords::tr("values").toStdString();
    bars.role = "accent";
    // All values are one: its bin has no width, and one bar stands for it.
    const bool flat = !(parameter.high > parameter.low);
    const double bin = flat || parameter.counts.empty()
                           ? 1
                           : (parameter.high - parameter.low) / double(parameter.counts.size());
    for (std::size_t i = 0; i < parameter.counts.size(); ++i) {
        if (flat && parameter.counts[i] == 0)
            continue;
        bars.x.push_back(flat ? parameter.low : parameter.low + (double(i) + 0.5) * bin);
        bars.y.push_back(parameter.counts[i]);
    }
    figure.layers.push_back(std::move(bars));
    return figure;
}

QString largeText(double count)
{
    const auto text = [](double value, const QString& unit) {
        return QLocale::c().toString(value, 'f', value >= 100 ? 0 : 1) + unit;
    };
    if (count >= 1e9)
        return text(count / 1e9, ModelReadingWords::tr(" G"));
    if (count >= 1e6)
        return text(count / 1e6, ModelReadingWords::tr(" M"));
    if (count >= 1e4)
        return text(count / 1e3, ModelReadingWords::tr(" k"));
    return QLocale().toString(qint64(count));
}

} // namespace assay::widgets
