#pragma once

#include "widgets/report/report_runs.h"

#include <QObject>

#include <functional>

namespace assay::widgets {

class ReportDraft;

/// Every edit of a report, each a step of undo with a text of its own: what the keys, the menus and the mouse
/// do. An id that is not there does nothing.
class ReportActions : public QObject
{
    Q_OBJECT
public:
    /// @param index the runs there are now. @param draft outlives this object.
    ReportActions(ReportDraft& draft, std::function<const RunIndex&()> index, QObject* parent = nullptr);

    /// An empty note behind the block, at the end for an empty id; to be written at once.
    void addNote(const QString& after = {});
    /// @p text names the step: "Add figure".
    void add(const QString& text, QVector<ReportBlock> blocks, const QString& after = {});
    void remove(const QString& id);
    void duplicate(const QString& id);
    /// By so many places, to the front or the end at most.
    void moveBy(const QString& id, int places);
    void moveBefore(const QString& id, qsizetype place);

    bool canCompose(const QString& id, const QString& onto) const;
    void compose(const QString& id, const QString& onto);
    void takeApart(const QString& id);
    void takeOut(const QString& id, int panel);
    void movePanel(const QString& id, int from, int to);

    void setPinned(const QString& id, bool pinned);
    void setWidth(const QString& id, double widthMm);
    void setColumns(const QString& id, int columns);
    void setMost(const QString& id, int most);
    void setPreset(const QString& preset);
    void setGreySafe(bool greySafe);

    void typeNote(const QString& id, const QString& markdown);
    void typeCaption(const QString& id, const QString& markdown);
    void typeTitle(const QString& title);
    void typeAuthor(const QString& author);

    /// Null when there is none of that id.
    const ReportBlock* block(const QString& id) const;

Q_SIGNALS:
    /// The block is to be brought into view, and to be written in.
    void shown(const QString& id, bool edit);

private:
    void change(const QString& text, const QString& id, const std::function<void(ReportBlock&)>& edit,
                const QString& typing = {});
    QString nameOf(const QString& id) const;
    qsizetype placeBehind(const QString& id) const;

    ReportDraft& m_draft;
    std::function<const RunIndex&()> m_index;
};

} // namespace assay::widgets
