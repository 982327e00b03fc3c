#pragma once

#include "backend/protocol/event.h"
#include "widgets/report/report.h"

#include <QString>
#include <QTemporaryDir>

#include <vector>

namespace assay::test {

/// A workspace on disk whose runs hold what tests put into them.
class ReportWorkspace
{
public:
    ReportWorkspace();

    QString path() const { return m_folder.path(); }
    QString runFolder(const QString& run) const;
    /// Writes events.cbor, spec.json and summary.json of a run.
    void addRun(const QString& run, double started, const protocol::RunSpec& spec,
                std::vector<protocol::Event> results,
                protocol::RunState state = protocol::RunState::Finished) const;

private:
    QTemporaryDir m_folder;
};

protocol::RunSpec reportSpec(double eps = 0.1);
/// A line of three points whose y begin at @p first; a name with characters that HTML and LaTeX take as
/// orders.
protocol::Figure reportFigure(const std::string& name = "curve", double first = 0.25);
protocol::Table reportTable(std::size_t rows = 3);
/// Four pictures of 3 x 2 pixels in two variants.
protocol::ImageGrid reportGrid();
std::vector<protocol::Event> reportResults(double first = 0.25);

/// A part of @p run that follows newer runs of reportSpec(eps).
widgets::ReportPart partOf(const QString& run, const QString& name, bool pinned = false, double eps = 0.1);
widgets::ReportBlock blockOf(const QString& id, widgets::ReportBlock::Kind kind,
                             std::vector<widgets::ReportPart> parts);

} // namespace assay::test
