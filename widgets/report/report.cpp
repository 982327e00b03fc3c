#include "widgets/report/report.h"

#include <algorithm>

namespace assay::widgets {

QString Report::freshId() const
{
    qlonglong highest = 0;
    for (const ReportBlock& block : blocks) {
        // Longer ones were not given here, and would not leave room for one more.
        if (block.id.startsWith(QLatin1Char('b')) && block.id.size() < 12)
            highest = std::max(highest, block.id.mid(1).toLongLong());
    }
    return QStringLiteral("b%1").arg(highest + 1);
}

qsizetype Report::find(const QString& id) const
{
    const auto it =
        std::find_if(blocks.begin(), blocks.end(), [&](const ReportBlock& b) { return b.id == id; });
    return it == blocks.end() ? -1 : it - blocks.begin();
}

ReportBlock textBlock(const QString& markdown)
{
    ReportBlock block;
    block.markdown = markdown;
    return block;
}

ReportBlock resultBlock(ReportBlock::Kind kind, const RunSource& source, const QString& name)
{
    ReportBlock block;
    block.kind = kind;
    block.parts = {{source, name}};
    return block;
}

} // namespace assay::widgets
