#include "plugins/transfer/input_checks.h"

#include "backend/protocol/error.h"

#include <QCryptographicHash>

namespace assay::transfer {

namespace {

std::string sizeText(std::int64_t channels, std::int64_t height, std::int64_t width)
{
    return std::to_string(channels) + "×" + std::to_string(height) + "×" + std::to_string(width);
}

} // namespace

void requireFit(const models::Model& model, const data::DatasetInfo& info)
{
    model.requireNetwork("this study puts new images to it");
    const models::InputSpec& input = model.card().input;
    if (input.channels != info.channels || input.height != info.height || input.width != info.width)
        throw Error("it expects images of " + sizeText(input.channels, input.height, input.width) +
                        ", but those of " + info.title + " are " +
                        sizeText(info.channels, info.height, info.width),
                    "model '" + model.name() + "'", "Choose a model and a data set that fit.");
    if (model.classCount() != static_cast<std::int64_t>(info.classes.size()))
        throw Error("it tells " + std::to_string(model.classCount()) + " classes apart, but " + info.title +
                        " has " + std::to_string(info.classes.size()),
                    "model '" + model.name() + "'", "Choose a model and a data set that fit.");
}

std::string tensorDigest(const torch::Tensor& tensor)
{
    const torch::Tensor bytes = tensor.cpu().contiguous();
    const auto view = QByteArray::fromRawData(static_cast<const char*>(bytes.data_ptr()),
                                              static_cast<qsizetype>(bytes.nbytes()));
    return QCryptographicHash::hash(view, QCryptographicHash::Sha256).toHex().toStdString();
}

} // namespace assay::transfer
