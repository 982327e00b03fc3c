#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/finding.h"
#include "backend/protocol/json.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace assay::widgets {

/// What `model.inspect` tells of a model (docs/protocol.md).
struct ModelReading
{
    struct Layer
    {
        QString path; ///< "features.0"; groups stand before what is in them
        QString kind;
        qint64 parameters = 0;
        std::optional<double> macs; ///< per image
        QString output;             ///< "16 × 28 × 28"; empty when unknown
    };
    struct Parameter
    {
        QString name, shape;
        double mean = 0, deviation = 0, low = 0, high = 0;
        std::vector<double> counts; ///< of equal bins from low to high
    };

    QString contract; ///< what it expects of its input, in a sentence; empty when there is no network
    QString answers;  ///< what it answers with, in a sentence; empty when unknown
    QList<Layer> layers;
    QList<Parameter> parameters;
    QStringList taps;
    protocol::Findings findings;
    std::optional<double> macs;            ///< per image
    std::optional<double> imagesPerSecond; ///< when it was measured
    qint64 parameterCount = 0;

    bool hasNetwork() const { return !layers.isEmpty() || macs.has_value(); }
};

/// Never throws: what is missing or of another type stays empty.
ModelReading readModelReport(const Json& json);

/// How the values of a parameter are spread, as bars. Pure.
protocol::Figure histogramOf(const ModelReading::Parameter& parameter);

/// "1.2 G", "86.4 M", "430 k": multiply-adds and the like.
QString largeText(double count);

} // namespace assay::widgets
