#include "widgets/canvas/canvas_edits.h"

#include <algorithm>

namespace assay::widgets {

class MaskEdit::PutBack : public QUndoCommand
{
public:
    PutBack(const QString& text, std::shared_ptr<MaskImage> mask, std::vector<Saved> saved,
            std::function<void(const QRect&)> changed)
        : QUndoCommand(text)
        , m_mask(std::move(mask))
        , m_saved(std::move(saved))
        , m_changed(std::move(changed))
    {}
    void undo() override { put(&Saved::before); }
    void redo() override
    {
        if (std::exchange(m_done, true))
            put(&Saved::after);
    }

private:
    void put(QImage Saved::*pixels)
    {
        QRect all;
        for (const Saved& saved : m_saved) {
            m_mask->putBack(saved.area, saved.*pixels);
            all |= saved.area;
        }
        m_changed(all);
    }

    std::shared_ptr<MaskImage> m_mask;
    std::vector<Saved> m_saved;
    std::function<void(const QRect&)> m_changed;
    bool m_done = false; ///< the stack calls redo() once when the command is pushed
};

MaskEdit::MaskEdit(std::shared_ptr<MaskImage> mask)
    : m_mask(std::move(mask))
{}

QRect MaskEdit::stroke(const QPointF& from, const QPointF& to, double radius, bool inside)
{
    save(QRectF(from, to).normalized().adjusted(-radius, -radius, radius, radius).toAlignedRect());
    return m_mask->stroke(from, to, radius, inside);
}

QRect MaskEdit::fill(const QRectF& box, bool inside)
{
    save(box.normalized().toAlignedRect().adjusted(-1, -1, 1, 1));
    return m_mask->fill(box, inside);
}

QRect MaskEdit::clear()
{
    save(QRect(QPoint(0, 0), m_mask->size()));
    return m_mask->clear();
}

void MaskEdit::save(const QRect& area)
{
    constexpr int kSide = 256;
    const QRect all(QPoint(0, 0), m_mask->size());
    const QRect inside = area & all;
    if (inside.isEmpty())
        return;
    for (int y = inside.top() / kSide; y <= inside.bottom() / kSide; ++y)
        for (int x = inside.left() / kSide; x <= inside.right() / kSide; ++x) {
            const QRect cell = QRect(x * kSide, y * kSide, kSide, kSide) & all;
            if (std::ranges::none_of(m_saved, [&](const Saved& saved) { return saved.area == cell; }))
                m_saved.push_back({cell, m_mask->cutOut(cell), {}});
        }
}

std::unique_ptr<QUndoCommand> MaskEdit::finish(const QString& text, std::function<void(const QRect&)> changed)
{
    for (Saved& saved : m_saved)
        saved.after = m_mask->cutOut(saved.area);
    std::erase_if(m_saved, [](const Saved& saved) { return saved.before == saved.after; });
    if (m_saved.empty())
        return nullptr;
    return std::make_unique<PutBack>(text, m_mask, std::move(m_saved), std::move(changed));
}

} // namespace assay::widgets
