#include "backend/imaging/svg.h"

#include "backend/protocol/error.h"

#include <QByteArray>
#include <QImage>
#include <QPainter>
#include <QSvgRenderer>
#include <torch/types.h>

namespace assay::imaging {

namespace {

constexpr int kMaxDrawnSide = 4096;

} // namespace

torch::Tensor renderSvg(std::span<const std::uint8_t> bytes, int side, const std::string& where)
{
    if (side < 1 || side > kMaxDrawnSide)
        throw Error("pictures are drawn with sides from 1 to " + std::to_string(kMaxDrawnSide) + ", not " +
                        std::to_string(side),
                    where);
    QSvgRenderer renderer;
    if (!renderer.load(QByteArray(reinterpret_cast<const char*>(bytes.data()), qsizetype(bytes.size()))))
        throw Error("is no SVG picture that can be drawn", where);
    renderer.setAspectRatioMode(Qt::KeepAspectRatio);
    QImage image(side, side, QImage::Format_RGB888);
    image.fill(Qt::white);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    renderer.render(&painter, QRectF(0, 0, side, side));
    painter.end();
    // Rows of an image are padded to four bytes.
    const torch::Tensor rows =
        torch::from_blob(image.bits(), {side, side, 3}, {image.bytesPerLine(), 3, 1}, torch::kUInt8);
    return rows.permute({2, 0, 1}).contiguous();
}

} // namespace assay::imaging
