#pragma once

#include "widgets/canvas/mask_image.h"

#include <QUndoCommand>

#include <functional>
#include <memory>
#include <vector>

namespace assay::widgets {

/// The change of one value through its setter. A command that ends where it began is dropped by the stack.
template <class T>
class CanvasValueCommand : public QUndoCommand
{
public:
    CanvasValueCommand(const QString& text, std::function<void(const T&)> set, T before, T after)
        : QUndoCommand(text)
        , m_set(std::move(set))
        , m_before(std::move(before))
        , m_after(std::move(after))
    {
        setObsolete(m_before == m_after);
    }
    void undo() override { m_set(m_before); }
    void redo() override { m_set(m_after); }

private:
    std::function<void(const T&)> m_set;
    T m_before, m_after;
};

/// One edit of a mask, e.g. a stroke from press to release: remembers what it covers before it is painted
/// over, tile by tile, so that a stroke over a large image costs no copy of the whole.
class MaskEdit
{
public:
    explicit MaskEdit(std::shared_ptr<MaskImage> mask);

    const std::shared_ptr<MaskImage>& mask() const { return m_mask; }
    /// As MaskImage::stroke() and fill(); each returns the area that changed.
    QRect stroke(const QPointF& from, const QPointF& to, double radius, bool inside);
    QRect fill(const QRectF& box, bool inside);
    QRect clear();

    /// The edit as a command that is already done once; null when nothing changed. @p changed is told the
    /// area after each undo and redo.
    std::unique_ptr<QUndoCommand> finish(const QString& text, std::function<void(const QRect&)> changed);

private:
    struct Saved
    {
        QRect area;
        QImage before, after;
    };
    class PutBack;
    void save(const QRect& area);

    std::shared_ptr<MaskImage> m_mask;
    std::vector<Saved> m_saved;
};

} // namespace assay::widgets
