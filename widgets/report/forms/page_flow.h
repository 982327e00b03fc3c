#pragma once

#include <QVector>

namespace assay::widgets {

/// What the flow of pages needs to know of a thing that is never cut: a line, a row, a figure. Lengths in any
/// unit, the same for all.
struct FlowPiece
{
    double height = 0;
    double gap = 0;            ///< above it; none at the top of a page
    bool keepWithNext = false; ///< stands on the page of the next piece where a page can hold both
    double shrink = 0;         ///< by how much it may be lower for the sake of the page
    int repeats = -1; ///< piece that is shown again above this one where a page begins: a table's head
};

/// Where a piece stands.
struct FlowPlace
{
    int piece = 0;
    int page = 0;   ///< from 0
    double top = 0; ///< from the top of the page's text
    double height = 0;
    bool repeated = false; ///< shown again above another
};

/// Puts @p pieces on pages of @p pageHeight, in order. Pieces that are kept together begin a new page rather
/// than being parted; only a chain longer than a page is, between pieces. Before a page is left with a gap,
/// pieces that may shrink do so, all by the same share. A piece higher than the page gets one of its own and
/// the page's height. Pure; definition: every place lies within its page, and none overlap.
QVector<FlowPlace> flowPages(const QVector<FlowPiece>& pieces, double pageHeight);

} // namespace assay::widgets
