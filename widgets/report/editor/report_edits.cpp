#include "widgets/report/editor/report_edits.h"

#include <QCoreApplication>

#include <algorithm>
#include <utility>

namespace assay::widgets {

Report withBlocks(Report report, QVector<ReportBlock>& blocks, qsizetype at)
{
    at = std::clamp(at, qsizetype(0), report.blocks.size());
    for (ReportBlock& block : blocks) {
        if (block.id.isEmpty() || report.find(block.id) >= 0)
            block.id = report.freshId();
        report.blocks.insert(at++, block);
    }
    return report;
}

Report withoutBlock(Report report, const QString& id)
{
    if (const qsizetype at = report.find(id); at >= 0)
        report.blocks.removeAt(at);
    return report;
}

Report withMoved(Report report, const QString& id, qsizetype before)
{
    const qsizetype from = report.find(id);
    if (from < 0)
        return report;
    before = std::clamp(before, qsizetype(0), report.blocks.size());
    const ReportBlock block = report.blocks.takeAt(from);
    report.blocks.insert(before > from ? before - 1 : before, block);
    return report;
}

Report withCopy(Report report, const QString& id, QString& copy)
{
    const qsizetype from = report.find(id);
    if (from < 0)
        return report;
    ReportBlock block = report.blocks[from];
    block.id = copy = report.freshId();
    report.blocks.insert(from + 1, block);
    return report;
}

Report withBlock(Report report, const ReportBlock& block)
{
    if (const qsizetype at = report.find(block.id); at >= 0)
        report.blocks[at] = block;
    return report;
}

bool canCompose(const Report& report, const QString& id, const QString& onto)
{
    const qsizetype from = report.find(id), to = report.find(onto);
    return from >= 0 && to >= 0 && from != to && report.blocks[from].kind == ReportBlock::Kind::Figure &&
           report.blocks[to].kind == ReportBlock::Kind::Figure;
}

Report withComposed(Report report, const QString& id, const QString& onto)
{
    if (!canCompose(report, id, onto))
        return report;
    const ReportBlock moved = report.blocks.takeAt(report.find(id));
    report.blocks[report.find(onto)].parts += moved.parts;
    return report;
}

Report withPanelsApart(Report report, const QString& id)
{
    const qsizetype at = report.find(id);
    if (at < 0 || report.blocks[at].parts.size() < 2)
        return report;
    const QVector<ReportPart> parts = report.blocks[at].parts;
    ReportBlock& first = report.blocks[at];
    first.parts = {parts[0]};
    first.columns = 0;
    for (qsizetype i = 1; i < parts.size(); ++i) {
        ReportBlock block = resultBlock(ReportBlock::Kind::Figure, parts[i].source, parts[i].name);
        block.id = report.freshId();
        report.blocks.insert(at + i, block);
    }
    return report;
}

Report withPanelOut(Report report, const QString& id, int panel)
{
    const qsizetype at = report.find(id);
    if (at < 0 || report.blocks[at].parts.size() < 2 || panel < 0 || panel >= report.blocks[at].parts.size())
        return report;
    const ReportPart part = report.blocks[at].parts.takeAt(panel);
    ReportBlock block = resultBlock(ReportBlock::Kind::Figure, part.source, part.name);
    block.id = report.freshId();
    report.blocks.insert(at + 1, block);
    return report;
}

Report withPanelMoved(Report report, const QString& id, int from, int to)
{
    const qsizetype at = report.find(id);
    if (at < 0)
        return report;
    QVector<ReportPart>& parts = report.blocks[at].parts;
    const auto inside = [&parts](int place) { return place >= 0 && place < parts.size(); };
    if (inside(from) && inside(to))
        parts.move(from, to);
    return report;
}

Report withPinned(Report report, const QString& id, bool pinned, const RunIndex& index)
{
    const qsizetype at = report.find(id);
    if (at < 0)
        return report;
    for (ReportPart& part : report.blocks[at].parts) {
        if (pinned && !part.source.pinned) {
            // The reader pins what stands there, which may be a newer run than the one it was taken from.
            const QString shown = index.resolve(part.source);
            if (!shown.isEmpty())
                part.source.run = shown;
        }
        part.source.pinned = pinned;
    }
    return report;
}

bool isPinned(const ReportBlock& block)
{
    return !block.parts.isEmpty() && std::all_of(block.parts.begin(), block.parts.end(),
                                                 [](const ReportPart& part) { return part.source.pinned; });
}

QString blockName(const ReportBlock& block)
{
    const auto tr = [](const char* text) {
        return QCoreApplication::translate("assay::widgets::ReportBlock", text);
    };
    switch (block.kind) {
    case ReportBlock::Kind::Text:
        return tr("note");
    case ReportBlock::Kind::Figure:
        return tr("figure");
    case ReportBlock::Kind::Table:
        return tr("table");
    case ReportBlock::Kind::Gallery:
        return tr("gallery");
    case ReportBlock::Kind::Summary:
        return tr("summary");
    case ReportBlock::Kind::Comparison:
        return tr("comparison");
    case ReportBlock::Kind::Unknown:
        break;
    }
    return tr("block");
}

} // namespace assay::widgets
