#include "widgets/report/editor/report_actions.h"

#include "widgets/report/editor/report_draft.h"
#include "widgets/report/editor/report_edits.h"

#include <algorithm>
#include <utility>

namespace assay::widgets {

ReportActions::ReportActions(ReportDraft& draft, std::function<const RunIndex&()> index, QObject* parent)
    : QObject(parent)
    , m_draft(draft)
    , m_index(std::move(index))
{}

const ReportBlock* ReportActions::block(const QString& id) const
{
    const Report& report = m_draft.report();
    const qsizetype at = report.find(id);
    return at < 0 ? nullptr : &report.blocks[at];
}

QString ReportActions::nameOf(const QString& id) const
{
    const ReportBlock* found = block(id);
    return found ? blockName(*found) : QString();
}

qsizetype ReportActions::placeBehind(const QString& id) const
{
    const qsizetype at = m_draft.report().find(id);
    return at < 0 ? m_draft.report().blocks.size() : at + 1;
}

void ReportActions::addNote(const QString& after)
{
    QVector<ReportBlock> blocks{textBlock({})};
    m_draft.edit(tr("Add note"), withBlocks(m_draft.report(), blocks, placeBehind(after)));
    Q_EMIT shown(blocks.first().id, true);
}

void ReportActions::add(const QString& text, QVector<ReportBlock> blocks, const QString& after)
{
    if (blocks.isEmpty())
        return;
    m_draft.edit(text, withBlocks(m_draft.report(), blocks, placeBehind(after)));
    Q_EMIT shown(blocks.first().id, false);
}

void ReportActions::remove(const QString& id)
{
    const qsizetype at = m_draft.report().find(id);
    if (at < 0)
        return;
    m_draft.edit(tr("Delete %1").arg(nameOf(id)), withoutBlock(m_draft.report(), id));
    const auto& blocks = m_draft.report().blocks;
    if (!blocks.isEmpty())
        Q_EMIT shown(blocks[std::min(at, blocks.size() - 1)].id, false);
}

void ReportActions::duplicate(const QString& id)
{
    QString copy;
    m_draft.edit(tr("Duplicate %1").arg(nameOf(id)), withCopy(m_draft.report(), id, copy));
    if (!copy.isEmpty())
        Q_EMIT shown(copy, false);
}

void ReportActions::moveBy(const QString& id, int places)
{
    const qsizetype at = m_draft.report().find(id);
    if (at >= 0)
        moveBefore(id, places > 0 ? at + places + 1 : std::max(qsizetype(0), at + places));
}

void ReportActions::moveBefore(const QString& id, qsizetype place)
{
    if (!block(id))
        return;
    m_draft.edit(tr("Move %1").arg(nameOf(id)), withMoved(m_draft.report(), id, place));
    Q_EMIT shown(id, false);
}

bool ReportActions::canCompose(const QString& id, const QString& onto) const
{
    return widgets::canCompose(m_draft.report(), id, onto);
}

void ReportActions::compose(const QString& id, const QString& onto)
{
    if (!canCompose(id, onto))
        return;
    m_draft.edit(tr("Compose figures"), withComposed(m_draft.report(), id, onto));
    Q_EMIT shown(onto, false);
}

void ReportActions::takeApart(const QString& id)
{
    m_draft.edit(tr("Take panels apart"), withPanelsApart(m_draft.report(), id));
}

void ReportActions::takeOut(const QString& id, int panel)
{
    m_draft.edit(tr("Take out panel"), withPanelOut(m_draft.report(), id, panel));
}

void ReportActions::movePanel(const QString& id, int from, int to)
{
    m_draft.edit(tr("Move panel"), withPanelMoved(m_draft.report(), id, from, to));
}

void ReportActions::change(const QString& text, const QString& id,
                           const std::function<void(ReportBlock&)>& edit, const QString& typing)
{
    const ReportBlock* found = block(id);
    if (!found)
        return;
    ReportBlock changed = *found;
    edit(changed);
    m_draft.edit(text, withBlock(m_draft.report(), changed), typing);
}

void ReportActions::setPinned(const QString& id, bool pinned)
{
    m_draft.edit(pinned ? tr("Pin %1 to its run").arg(nameOf(id))
                        : tr("Let %1 follow newer runs").arg(nameOf(id)),
                 withPinned(m_draft.report(), id, pinned, m_index()));
}

void ReportActions::setWidth(const QString& id, double widthMm)
{
    change(tr("Set width of figure"), id, [&](ReportBlock& b) { b.widthMm = widthMm; });
}

void ReportActions::setColumns(const QString& id, int columns)
{
    change(tr("Set columns of panels"), id, [&](ReportBlock& b) { b.columns = columns; });
}

void ReportActions::setMost(const QString& id, int most)
{
    const ReportBlock* found = block(id);
    const bool images = found && found->kind == ReportBlock::Kind::Gallery;
    change(images ? tr("Set number of images") : tr("Set rows of table"), id,
           [&](ReportBlock& b) { b.most = most; });
}

void ReportActions::setPreset(const QString& preset)
{
    Report after = m_draft.report();
    after.preset = preset;
    m_draft.edit(tr("Set style of figures"), after);
}

void ReportActions::setGreySafe(bool greySafe)
{
    Report after = m_draft.report();
    after.greySafe = greySafe;
    m_draft.edit(tr("Set style of figures"), after);
}

void ReportActions::typeNote(const QString& id, const QString& markdown)
{
    change(
        tr("Write note"), id, [&](ReportBlock& b) { b.markdown = markdown; }, QStringLiteral("note ") + id);
}

void ReportActions::typeCaption(const QString& id, const QString& markdown)
{
    change(
        tr("Write caption"), id, [&](ReportBlock& b) { b.caption = markdown; },
        QStringLiteral("caption ") + id);
}

void ReportActions::typeTitle(const QString& title)
{
    Report after = m_draft.report();
    after.title = title;
    m_draft.edit(tr("Write title"), after, QStringLiteral("title"));
}

void ReportActions::typeAuthor(const QString& author)
{
    Report after = m_draft.report();
    after.author = author;
    m_draft.edit(tr("Write author"), after, QStringLiteral("author"));
}

} // namespace assay::widgets
