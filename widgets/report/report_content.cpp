#include "widgets/report/report_content.h"

#include "backend/protocol/error.h"
#include "widgets/engine/run_record.h"
#include "widgets/report/comparison/compare_runs.h"
#include "widgets/report/comparison/compared_run.h"
#include "widgets/report/report_markdown.h"
#include "widgets/report/report_runs.h"
#include "widgets/report/run_summary.h"
#include "widgets/report/run_traces.h"
#include "widgets/studies/evidence.h"

#include <QCoreApplication>
#include <QSet>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

constexpr int kRowsOnPaper = 60;
constexpr int kImages = 24;
constexpr int kManyVariants = 4; ///< of an image: each takes a row of its own

struct ContentWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::ReportContent)
};

QString text(const std::string& value)
{
    return QString::fromStdString(value);
}

/// A sentence, closed by a full stop if it has none.
QString sentence(const QString& words)
{
    const QString trimmed = words.trimmed();
    const bool closed = trimmed.isEmpty() || QStringLiteral(".!?").contains(trimmed.back());
    return closed ? trimmed : trimmed + QLatin1Char('.');
}

template <class Result>
QString ownCaption(const Result& result)
{
    const QString title = sentence(text(result.title));
    const QString caption = sentence(text(result.caption));
    QStringList parts;
    if (!title.isEmpty())
        parts << QStringLiteral("**%1**").arg(markdownEscaped(title));
    if (!caption.isEmpty())
        parts << markdownEscaped(caption);
    return parts.join(QLatin1Char(' '));
}

/// What the numbers of a figure are rates of and what its intervals are, where its caption does not say.
QString rateWords(const protocol::Figure& figure)
{
    QStringList parts;
    const auto unsaid = [&](const std::string& words) {
        return !words.empty() && figure.caption.find(words) == std::string::npos;
    };
    if (unsaid(figure.rateOf))
        parts << markdownEscaped(ContentWords::tr("Rates are of %1.").arg(text(figure.rateOf)));
    if (unsaid(figure.interval))
        parts << markdownEscaped(ContentWords::tr("Intervals: %1.").arg(text(figure.interval)));
    return parts.join(QLatin1Char(' '));
}

bool hasData(const protocol::Figure& figure)
{
    return std::any_of(figure.layers.begin(), figure.layers.end(), [](const protocol::Layer& layer) {
        return !layer.x.empty() || !layer.y.empty() || !layer.z.empty();
    });
}

/// Turns blocks into items, and remembers which runs were looked up.
class Resolver
{
public:
    Resolver(RunProvider& runs, ReportContent& content)
        : m_runs(runs)
        , m_content(content)
    {}

    void resolve(const ReportBlock& block)
    {
        m_block = block.id;
        switch (block.kind) {
        case ReportBlock::Kind::Text: {
            ContentItem item = fresh(ContentItem::Kind::Text);
            item.text = block.markdown;
            m_content.items << item;
            return;
        }
        case ReportBlock::Kind::Figure:
            return resolveFigure(block);
        case ReportBlock::Kind::Table:
            return resolveTable(block);
        case ReportBlock::Kind::Gallery:
            return resolveGallery(block);
        case ReportBlock::Kind::Summary:
            return resolveSummary(block);
        case ReportBlock::Kind::Comparison:
            return resolveComparison(block);
        case ReportBlock::Kind::Unknown:
            return problem(
                ContentWords::tr("This block was written by a later version of Assay and cannot be "
                                 "shown by this one. It is kept as it is."));
        }
    }

    void finish() { m_traces.finish(m_content); }

private:
    ContentItem fresh(ContentItem::Kind kind) const
    {
        ContentItem item;
        item.kind = kind;
        item.block = m_block;
        return item;
    }

    void problem(const QString& what)
    {
        ContentItem item = fresh(ContentItem::Kind::Problem);
        item.text = what;
        m_content.items << item;
    }

    /// Gives @p item its number and adds it.
    void add(ContentItem item, const QStringList& runs)
    {
        // A gallery is a figure to whoever reads the page.
        const bool table = item.kind == ContentItem::Kind::Table;
        const int number = table ? ++m_tables : ++m_figures;
        item.label = (table ? ContentWords::tr("Table %1") : ContentWords::tr("Figure %1")).arg(number);
        item.anchor = QStringLiteral("%1-%2").arg(table ? "table" : "figure").arg(number);
        item.runs = runs;
        for (const QString& run : runs)
            m_traces.use(run, item.label);
        m_content.items << item;
    }

    /// The record behind @p source; null after a problem() that says why.
    std::shared_ptr<RunRecord> record(const RunSource& source)
    {
        const QString id = m_runs.index().resolve(source);
        if (id.isEmpty()) {
            problem(missingRun(source));
            return nullptr;
        }
        try {
            QString notice;
            auto record = m_runs.run(id, notice);
            if (!notice.isEmpty() && !m_content.notices.contains(notice))
                m_content.notices << notice;
            m_traces.add(record, id != source.run);
            return record;
        } catch (const std::exception& error) {
            problem(ContentWords::tr("Run %1 cannot be shown. %2").arg(id, QString::fromUtf8(error.what())));
            return nullptr;
        }
    }

    Evidence evidenceOf(const RunRecord& run, const protocol::Figure& figure) const
    {
        return m_runs.givesEvidence() ? makeEvidence(run, figure) : Evidence{};
    }

    void lacks(const RunRecord& run, const QString& what, const QString& name)
    {
        problem(ContentWords::tr(
                    "Run %1 (%2) has no %3 “%4”: it may have ended before, or its study has changed. "
                    "Pin another run, or take the block out.")
                    .arg(run.id(), QString::fromLatin1(protocol::name(run.state())), what, name));
    }

    void resolveFigure(const ReportBlock& block)
    {
        ContentItem item = fresh(ContentItem::Kind::Figure);
        QStringList captions, runs;
        for (const ReportPart& part : block.parts) {
            const auto run = record(part.source);
            const auto figure = run ? valueOf(run->figures(), part.name) : nullptr;
            if (run && !figure)
                lacks(*run, ContentWords::tr("figure"), part.name);
            else if (figure && !hasData(*figure))
                problem(ContentWords::tr("The figure “%1” of run %2 has no data.")
                            .arg(text(figure->title), run->id()));
            else if (figure) {
                item.panels << ContentPanel{{}, figure, evidenceOf(*run, *figure)};
                captions
                    << QStringList{ownCaption(*figure), rateWords(*figure)}.join(QLatin1Char(' ')).trimmed();
                if (!runs.contains(run->id()))
                    runs << run->id();
            }
        }
        if (item.panels.isEmpty())
            return;
        const qsizetype panels = item.panels.size();
        if (panels > 1) {
            for (qsizetype i = 0; i < panels; ++i) {
                item.panels[i].letter = panelLetter(i);
                captions[i] = QStringLiteral("(%1) %2").arg(item.panels[i].letter, captions[i]);
            }
        }
        item.columns = std::clamp(block.columns > 0 ? block.columns
                                  : panels == 4     ? 2
                                                    : int(std::min<qsizetype>(panels, 3)),
                                  1, int(panels));
        item.widthMm = block.widthMm;
        item.caption = block.caption.isEmpty() ? captions.join(QLatin1Char(' ')) : block.caption;
        add(item, runs);
    }

    void addTable(const ReportBlock& block, std::shared_ptr<const protocol::Table> table,
                  const QStringList& runs)
    {
        ContentItem item = fresh(ContentItem::Kind::Table);
        item.caption = block.caption.isEmpty() || block.kind != ReportBlock::Kind::Table ? ownCaption(*table)
                                                                                         : block.caption;
        item.most = block.most > 0 ? block.most : kRowsOnPaper;
        item.table = std::move(table);
        add(item, runs);
    }

    void resolveTable(const ReportBlock& block)
    {
        const ReportPart& part = block.parts.front();
        const auto run = record(part.source);
        if (!run)
            return;
        const auto table = valueOf(run->tables(), part.name);
        if (!table)
            return lacks(*run, ContentWords::tr("table"), part.name);
        addTable(block, table, {run->id()});
    }

    void resolveGallery(const ReportBlock& block)
    {
        const ReportPart& part = block.parts.front();
        const auto run = record(part.source);
        if (!run)
            return;
        const auto grid = valueOf(run->grids(), part.name);
        if (!grid)
            return lacks(*run, ContentWords::tr("gallery"), part.name);
        ContentItem item = fresh(ContentItem::Kind::Gallery);
        item.grid = grid;
        const bool wide = grid->variants.size() >= kManyVariants;
        item.most = block.most > 0 ? block.most : wide ? kImages / 2 : kImages;
        item.caption = block.caption.isEmpty() ? ownCaption(*grid) : block.caption;
        add(item, {run->id()});
    }

    void resolveSummary(const ReportBlock& block)
    {
        const auto run = record(block.parts.front().source);
        if (!run)
            return;
        ContentItem item = fresh(ContentItem::Kind::Text);
        item.text = block.caption.isEmpty() ? summaryText(*run) : block.caption;
        m_content.items << item;
        if (!run->metrics().empty())
            addTable(block, metricTable(*run), {run->id()});
    }

    void resolveComparison(const ReportBlock& block)
    {
        QVector<std::shared_ptr<RunRecord>> runs;
        QStringList names, ids;
        for (const ReportPart& part : block.parts) {
            if (auto run = record(part.source)) {
                ids << run->id();
                names << (part.name.isEmpty() ? QString(QChar(char16_t(u'A' + runs.size()))) : part.name);
                runs << run;
            }
        }
        if (runs.size() < 2)
            return problem(ContentWords::tr("A comparison needs two runs, and has %1.").arg(runs.size()));
        const auto compared = m_runs.comparison(runs, names);
        const RunComparison& comparison = *compared;
        QStringList lines;
        for (qsizetype i = 0; i < runs.size(); ++i)
            lines << QStringLiteral("- **%1**: %2").arg(markdownEscaped(names[i]), summaryLine(*runs[i]));
        for (const QString& notice : comparison.notices)
            lines << QStringLiteral("- %1").arg(markdownEscaped(notice));
        ContentItem item = fresh(ContentItem::Kind::Text);
        item.text = (block.caption.isEmpty() ? QString() : block.caption + QStringLiteral("\n\n")) +
                    lines.join(QLatin1Char('\n'));
        m_content.items << item;
        for (const auto& table : {comparison.parameters, comparison.metrics}) {
            if (table && table->rows() > 0)
                addTable(block, table, ids);
        }
        for (const auto& overlay : comparison.overlays) {
            ContentItem figure = fresh(ContentItem::Kind::Figure);
            figure.panels << ContentPanel{
                {}, overlay, m_runs.givesEvidence() ? comparisonEvidence(runs, *overlay) : Evidence{}};
            figure.caption = ownCaption(*overlay);
            figure.widthMm = block.widthMm;
            add(figure, ids);
        }
    }

    RunProvider& m_runs;
    ReportContent& m_content;
    RunTraces m_traces;
    QString m_block;
    int m_figures = 0, m_tables = 0;
};

} // namespace

QString panelLetter(qsizetype index)
{
    return index < 26 ? QString(QChar(char16_t(u'a' + index))) : QString::number(index + 1);
}

ReportContent resolveReport(const Report& report, RunProvider& runs)
{
    ReportContent content;
    content.title = report.title;
    content.author = report.author;
    content.preset = report.preset;
    content.greySafe = report.greySafe;
    content.made = QDateTime::currentDateTime();
    Resolver resolver(runs, content);
    for (const ReportBlock& block : report.blocks)
        resolver.resolve(block);
    resolver.finish();
    runs.releaseComparisons();
    return content;
}

Report reportOfRuns(const QStringList& runs, const QString& title, RunProvider& provider)
{
    Report report;
    report.title = title;
    const auto add = [&](ReportBlock block) {
        block.id = report.freshId();
        report.blocks << std::move(block);
    };
    for (const QString& id : runs) {
        QString notice;
        const auto run = provider.run(id, notice);
        RunSource source = sourceOf(*run);
        source.pinned = true; // these runs were asked for, not newer ones
        const QVector<ReportBlock> blocks = blocksOfRun(*run, source);
        add(textBlock(QStringLiteral("# ") + markdownEscaped(runTitle(*run))));
        add(resultBlock(ReportBlock::Kind::Summary, source, {}));
        for (const ReportBlock& block : blocks)
            add(block);
    }
    return report;
}

QVector<ReportBlock> blocksOfRun(const RunRecord& run, const RunSource& source)
{
    struct Result
    {
        ReportBlock::Kind kind;
        std::string name;
        std::string section;
    };
    std::vector<Result> results;
    const auto take = [&](ReportBlock::Kind kind, const auto& values) {
        for (const auto& named : values)
            results.push_back({kind, named.name, named.value->section});
    };
    take(ReportBlock::Kind::Figure, run.figures());
    take(ReportBlock::Kind::Gallery, run.grids());
    take(ReportBlock::Kind::Table, run.tables());
    std::vector<std::string> sections;
    for (const Result& result : results) {
        if (std::find(sections.begin(), sections.end(), result.section) == sections.end())
            sections.push_back(result.section);
    }
    QVector<ReportBlock> blocks;
    for (const std::string& section : sections) {
        if (!section.empty() && sections.size() > 1)
            blocks << textBlock(QStringLiteral("## ") + markdownEscaped(text(section)));
        for (const Result& result : results) {
            if (result.section == section)
                blocks << resultBlock(result.kind, source, text(result.name));
        }
    }
    return blocks;
}

} // namespace assay::widgets
