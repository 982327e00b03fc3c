#include "widgets/browsing/sample_reply.h"

#include "widgets/engine/json_read.h"

#include <QLocale>

#include <algorithm>
#include <exception>

namespace assay::widgets {

namespace {

QList<SampleReply::Fact> attributesOf(const Json& head)
{
    QList<SampleReply::Fact> facts;
    const auto it = head.find("attributes");
    if (it == head.end() || !it->is_object())
        return facts;
    for (const auto& [key, value] : it->items()) {
        const QString text = value.is_string()   ? QString::fromStdString(value.get<std::string>())
                             : value.is_number() ? QLocale().toString(value.get<double>(), 'g', 6)
                                                 : QString();
        if (!text.isEmpty())
            facts.append({QString::fromStdString(key), text});
    }
    return facts;
}

QList<SampleReply::Box> boxesOf(const Json& head)
{
    QList<SampleReply::Box> boxes;
    for (const Json& box : arrayOf(head, "boxes"))
        boxes.append(
            {{numberOf(box, "x"), numberOf(box, "y"), numberOf(box, "width"), numberOf(box, "height")},
             textOf(box, "category")});
    return boxes;
}

QList<SampleReply::Prediction> predictionsOf(const Json& head)
{
    QList<SampleReply::Prediction> predictions;
    for (const Json& item : arrayOf(head, "predictions")) {
        SampleReply::Prediction prediction{textOf(item, "model"), textOf(item, "error"), {}};
        for (const Json& guess : arrayOf(item, "top"))
            prediction.top.append(
                {textOf(guess, "class"), std::clamp(numberOf(guess, "probability"), 0.0, 1.0)});
        predictions.append(std::move(prediction));
    }
    return predictions;
}

} // namespace

SampleReply readSample(const Json& head, std::shared_ptr<const std::vector<std::uint8_t>> bytes)
{
    SampleReply sample;
    try {
        sample.pixels = readPixels(head, std::move(bytes));
    } catch (const std::exception& error) {
        sample.problem = QString::fromUtf8(error.what());
        return sample;
    }
    const SamplePixels& pixels = sample.pixels;
    sample.image = paintable(*pixels.planes, pixels.channels, pixels.height, pixels.width);
    if (std::max(pixels.width, pixels.height) > kOverviewSide)
        sample.overview =
            sample.image.scaled(kOverviewSide, kOverviewSide, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    sample.label = int(std::clamp(numberOf(head, "label", -1), -1.0, 1e9));
    sample.name = textOf(head, "name");
    sample.caption = textOf(head, "caption");
    sample.attributes = attributesOf(head);
    sample.boxes = boxesOf(head);
    sample.predictions = predictionsOf(head);
    return sample;
}

} // namespace assay::widgets
