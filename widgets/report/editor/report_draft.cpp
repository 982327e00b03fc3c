#include "widgets/report/editor/report_draft.h"

#include <QUndoCommand>

#include <utility>

namespace assay::widgets {

namespace {

constexpr int kTypingPauseMs = 2500;
constexpr int kTypingId = 1;

} // namespace

class ReportStep : public QUndoCommand
{
public:
    ReportStep(ReportDraft& draft, const QString& text, Report after, QString typing)
        : QUndoCommand(text)
        , m_draft(draft)
        , m_before(draft.report())
        , m_after(std::move(after))
        , m_typing(std::move(typing))
    {}

    int id() const override { return m_typing.isEmpty() ? -1 : kTypingId; }
    void redo() override { m_draft.take(m_after, std::exchange(m_first, false) && !m_typing.isEmpty()); }
    void undo() override { m_draft.take(m_before, false); }

    bool mergeWith(const QUndoCommand* other) override
    {
        const auto& next = static_cast<const ReportStep&>(*other);
        if (next.m_typing != m_typing || next.m_before != m_after)
            return false;
        m_after = next.m_after;
        setObsolete(m_after == m_before);
        return true;
    }

private:
    ReportDraft& m_draft;
    Report m_before, m_after;
    QString m_typing;
    bool m_first = true;
};

ReportDraft::ReportDraft(QObject* parent)
    : QObject(parent)
{}

void ReportDraft::reset(const Report& report)
{
    m_stack.clear();
    take(report, false);
}

void ReportDraft::edit(const QString& text, const Report& after, const QString& typing)
{
    if (after == m_report)
        return;
    if (typing.isEmpty() || !m_sinceKey.isValid() || m_sinceKey.elapsed() > kTypingPauseMs)
        endTyping();
    m_sinceKey.start();
    const QString place = typing.isEmpty() ? QString() : QStringLiteral("%1 %2").arg(m_typing).arg(typing);
    m_stack.push(new ReportStep(*this, text, after, place));
}

void ReportDraft::take(const Report& report, bool typing)
{
    m_report = report;
    Q_EMIT changed(typing);
}

} // namespace assay::widgets
