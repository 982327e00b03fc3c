#include "widgets/report/forms/page_flow.h"

#include <algorithm>

namespace assay::widgets {

namespace {

/// The pages as far as they are filled.
class PageFlow
{
public:
    PageFlow(const QVector<FlowPiece>& pieces, double pageHeight)
        : m_pieces(pieces)
        , m_height(pageHeight)
    {}

    QVector<FlowPlace> run()
    {
        for (int first = 0; first < m_pieces.size();) {
            const int end = chainEnd(first);
            placeChain(first, end);
            first = end;
        }
        return m_places;
    }

private:
    int chainEnd(int first) const
    {
        int last = first;
        while (m_pieces[last].keepWithNext && last + 1 < m_pieces.size())
            ++last;
        return last + 1;
    }

    /// Height that pieces [first, end) need, at the top of a page or below what it holds.
    double need(int first, int end, bool atTop) const
    {
        double sum = atTop && repeatsAt(first) >= 0 ? m_pieces[repeatsAt(first)].height : 0;
        for (int i = first; i < end; ++i)
            sum += m_pieces[i].height + (atTop && i == first ? 0 : m_pieces[i].gap);
        return sum;
    }

    double slack(int first, int end) const
    {
        double sum = 0;
        for (int i = first; i < end; ++i)
            sum += std::clamp(m_pieces[i].shrink, 0.0, m_pieces[i].height);
        return sum;
    }

    int repeatsAt(int piece) const
    {
        const int head = m_pieces[piece].repeats;
        return head >= 0 && head < piece ? head : -1;
    }

    bool fits(int first, int end, bool atTop) const
    {
        const double room = m_height - (atTop ? 0 : m_y);
        return need(first, end, atTop) - slack(first, end) <= room + kRounding * m_height;
    }

    void newPage()
    {
        ++m_page;
        m_y = 0;
        m_empty = true;
    }

    /// Puts [first, end) on this page, which has the room when they shrink.
    void place(int first, int end)
    {
        const double over = need(first, end, m_empty) - (m_height - m_y);
        const double give = slack(first, end);
        const double share = over > 0 && give > 0 ? std::min(1.0, over / give) : 0;
        if (const int head = repeatsAt(first); m_empty && head >= 0)
            put(head, m_pieces[head].height, true);
        for (int i = first; i < end; ++i) {
            const FlowPiece& piece = m_pieces[i];
            put(i, piece.height - share * std::clamp(piece.shrink, 0.0, piece.height), false);
        }
    }

    void put(int piece, double height, bool repeated)
    {
        // What stands below a head that is shown again follows it without the gap to its forerunner.
        const bool afterHead =
            !m_places.isEmpty() && m_places.last().repeated && m_places.last().page == m_page;
        const double top = m_empty || afterHead ? m_y : m_y + m_pieces[piece].gap;
        const double lower = std::clamp(m_height - top, 0.0, height);
        m_places.append({piece, m_page, top, lower, repeated});
        m_y = top + lower;
        m_empty = false;
    }

    void placeChain(int first, int end)
    {
        if (fits(first, end, m_empty))
            return place(first, end);
        if (!m_empty && fits(first, end, true)) {
            newPage();
            return place(first, end);
        }
        placeLongChain(first, end);
    }

    /// A chain longer than a page: as much of it as each page holds.
    void placeLongChain(int first, int end)
    {
        while (first < end) {
            int part = first;
            while (part < end && fits(first, part + 1, m_empty))
                ++part;
            // One piece alone would be the heading of nothing.
            if (!m_empty && part < first + 2 && part < end) {
                newPage();
                continue;
            }
            part = std::max(part, first + 1);
            place(first, part);
            first = part;
            if (first < end)
                newPage();
        }
    }

    static constexpr double kRounding = 1e-9;
    const QVector<FlowPiece>& m_pieces;
    const double m_height;
    QVector<FlowPlace> m_places;
    int m_page = 0;
    double m_y = 0;
    bool m_empty = true;
};

} // namespace

QVector<FlowPlace> flowPages(const QVector<FlowPiece>& pieces, double pageHeight)
{
    return PageFlow(pieces, pageHeight).run();
}

} // namespace assay::widgets
