#pragma once

#include <QString>
#include <QStringList>

namespace assay::widgets {

/// How well a text answers a search, for the catalogue, the library and the command palette.
/// Every word of @p query must be found in @p fields: as the beginning of a word (best), inside one, or,
/// from four letters on, with one letter wrong, missing or too many. Earlier fields weigh more.
/// @returns 0 for an empty query, -1 when a word is not found, else higher is better.
int matchScore(const QString& query, const QStringList& fields);

} // namespace assay::widgets
