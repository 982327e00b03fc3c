#pragma once

#include "widgets/studies/card_model.h"
#include "widgets/studies/catalogue.h"

namespace assay::widgets {

// What the catalogue and the library say of each thing, in one place.

/// A format's key as people write it: "ONNX", "TorchScript".
QString formatText(const QString& format);

/// "L∞, L2" of the keys of norms.
QString normsText(const QStringList& norms);

QList<CardItem> studyItems(const Catalogue& catalogue);
QList<CardItem> modelItems(const Catalogue& catalogue);
QList<CardItem> datasetItems(const Catalogue& catalogue);
/// Scripted attacks first: they are the user's own.
QList<CardItem> attackItems(const Catalogue& catalogue);
/// Newest first. @p catalogue gives the studies' titles.
QList<CardItem> runItems(const QList<RunEntry>& runs, const Catalogue& catalogue);

} // namespace assay::widgets
