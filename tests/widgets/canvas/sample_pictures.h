#pragma once

#include <QImage>

namespace assay::test {

/// A picture with edges, gradients and colours whose pixels all differ from their neighbours: a wrong pixel,
/// row or channel shows. RGB888.
QImage samplePicture(const QSize& size, int seed = 1);

/// The picture with values changed by at most @p amount, as a small attack would.
QImage perturbed(const QImage& picture, int amount, int seed = 7);

} // namespace assay::test
