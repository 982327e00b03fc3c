#pragma once

#include "widgets/browsing/sample_pixels.h"

#include <QList>
#include <QRectF>
#include <QString>

namespace assay::widgets {

/// What `data.sample` tells of one sample (docs/protocol.md).
struct SampleReply
{
    struct Fact
    {
        QString name, value;
    };
    struct Box
    {
        QRectF area; ///< in pixels of the image
        QString category;
    };
    struct Guess
    {
        QString className;
        double probability = 0;
    };
    struct Prediction
    {
        QString model, error; ///< a sentence when the model could not be asked
        QList<Guess> top;     ///< most probable first
    };

    int label = -1;
    QString name, caption;
    QList<Fact> attributes;
    QList<Box> boxes;
    QList<Prediction> predictions;
    SamplePixels pixels;
    QImage image;    ///< at its own size, to be painted
    QImage overview; ///< smoothly shrunk; null where the image is small itself
    QString problem; ///< why it could not be read; all else is empty then
};

/// Larger images also get an overview of at most this side.
inline constexpr int kOverviewSide = 1024;

/// Never throws: `problem` says what is wrong. Converts the pixels, so not for the GUI thread.
SampleReply readSample(const Json& head, std::shared_ptr<const std::vector<std::uint8_t>> bytes);

} // namespace assay::widgets
