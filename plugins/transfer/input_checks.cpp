#include "plugins/transfer/input_checks.h"

#include <QCryptographicHash>
#include <torch/types.h>

namespace assay::transfer {

std::string tensorDigest(const torch::Tensor& tensor)
{
    const torch::Tensor bytes = tensor.cpu().contiguous();
    const auto view = QByteArray::fromRawData(static_cast<const char*>(bytes.data_ptr()),
                                              static_cast<qsizetype>(bytes.nbytes()));
    return QCryptographicHash::hash(view, QCryptographicHash::Sha256).toHex().toStdString();
}

} // namespace assay::transfer
