#pragma once

#include "widgets/report/report.h"

#include <QElapsedTimer>
#include <QObject>
#include <QUndoStack>

namespace assay::widgets {

/// A report that is being written, with its steps of undo. Each step holds the report before and after it;
/// what is typed in one place without a longer pause is one step. GUI thread only.
class ReportDraft : public QObject
{
    Q_OBJECT
public:
    explicit ReportDraft(QObject* parent = nullptr);

    const Report& report() const { return m_report; }
    QUndoStack* undoStack() { return &m_stack; }
    /// Another report: forgets the steps.
    void reset(const Report& report);
    /// One edit, named @p text in the menu ("Move figure"). An edit that changes nothing is none. @p typing
    /// names the place in which text is typed, empty for all other edits.
    void edit(const QString& text, const Report& after, const QString& typing = {});
    /// What is typed next is a step of its own.
    void endTyping() { ++m_typing; }

Q_SIGNALS:
    /// @p typing: by typing on in one place, as it comes with every key.
    void changed(bool typing);

private:
    friend class ReportStep;
    void take(const Report& report, bool typing);

    Report m_report;
    QUndoStack m_stack;
    int m_typing = 0;
    QElapsedTimer m_sinceKey;
};

} // namespace assay::widgets
