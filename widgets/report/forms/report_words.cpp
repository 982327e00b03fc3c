#include "widgets/report/forms/report_words.h"

#include "widgets/figures/evidence_formats.h"

#include <QCoreApplication>
#include <QLocale>

namespace assay::widgets {

namespace {

struct ReportWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::ReportWords)
};

/// The evidence of each figure with its place, without the members @p left.
QByteArray evidenceText(const ReportContent& content, std::initializer_list<const char*> left)
{
    Json all = Json::array();
    for (const ContentItem& item : content.items) {
        for (const ContentPanel& panel : item.panels) {
            Json evidence = panel.evidence.json;
            for (const char* member : left)
                evidence.erase(member);
            all.push_back(
                {{"place", (item.anchor + panel.letter).toStdString()}, {"evidence", std::move(evidence)}});
        }
    }
    return QByteArray::fromStdString(all.dump(-1, ' ', true, Json::error_handler_t::replace));
}

} // namespace

QString appendixTitle()
{
    return ReportWords::tr("How to make these numbers again");
}

QString appendixText()
{
    return ReportWords::tr(
        "Each run behind this report, with what it was asked, what it was made with, and the "
        "command that makes it again. The file of each figure carries the same evidence.");
}

QString traceHeading(const RunTrace& trace)
{
    return QStringLiteral("%1: %2").arg(
        trace.label, QString::fromStdString(trace.spec.title.empty() ? trace.spec.study : trace.spec.title));
}

QString parameterTitle()
{
    return ReportWords::tr("Parameter");
}

QString valueTitle()
{
    return ReportWords::tr("Value");
}

QString commandTitle()
{
    return ReportWords::tr("Command");
}

QString reportDate(const ReportContent& content)
{
    return QLocale::c().toString(content.made.date(), QStringLiteral("d MMMM yyyy"));
}

QByteArray reportEvidence(const ReportContent& content)
{
    return evidenceText(content, {});
}

QByteArray boundedReportEvidence(const ReportContent& content)
{
    QByteArray text = evidenceText(content, {});
    if (text.size() > kMostEvidence)
        text = evidenceText(content, {"provenance"});
    if (text.size() > kMostEvidence)
        text = evidenceText(content, {"provenance", "spec"});
    return text.size() <= kMostEvidence ? text : QByteArray("[]");
}

} // namespace assay::widgets
