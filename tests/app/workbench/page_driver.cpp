#include "page_driver.h"

#include "app/workbench/shell/document_tabs.h"
#include "widgets/figures/figure_view.h"
#include "widgets/figures/plot_canvas.h"
#include "widgets/studies/figure_card.h"
#include "widgets/studies/live_bar.h"
#include "widgets/studies/results_view.h"
#include "widgets/studies/study_document.h"

#include <QScrollBar>
#include <QTest>

#include <algorithm>

namespace assay::test {

using widgets::ResultCard;

bool PageDriver::run()
{
    if (!m_driver.run(m_document)) {
        qWarning("the run ended with: %s",
                 m_document->record() ? qPrintable(m_document->record()->error()) : "no record");
        return false;
    }
    return QTest::qWaitFor([this] { return live()->isVisible(); }, 30000);
}

widgets::LiveBar* PageDriver::live() const
{
    return m_document->findChild<widgets::LiveBar*>();
}

widgets::ResultsView* PageDriver::results() const
{
    return m_document->findChild<widgets::ResultsView*>();
}

QString PageDriver::runFolder() const
{
    return m_driver.workspace() + "/runs/" + m_document->runId();
}

std::shared_ptr<const protocol::Figure> PageDriver::figure(const char* name) const
{
    return widgets::valueOf(m_document->record()->figures(), QString::fromLatin1(name));
}

std::shared_ptr<const protocol::ImageGrid> PageDriver::grid(const char* name) const
{
    return widgets::valueOf(m_document->record()->grids(), QString::fromLatin1(name));
}

std::shared_ptr<const protocol::Table> PageDriver::table(const char* name) const
{
    return widgets::valueOf(m_document->record()->tables(), QString::fromLatin1(name));
}

int PageDriver::layer(const char* name, const char* wanted) const
{
    const auto value = figure(name);
    if (!value)
        return -1;
    const auto it = std::ranges::find(value->layers, wanted, &protocol::Layer::name);
    return it == value->layers.end() ? -1 : static_cast<int>(it - value->layers.begin());
}

bool PageDriver::shows(const QStringList& figures) const
{
    return std::ranges::all_of(figures, [this](const QString& name) {
        const auto value = figure(name.toLatin1().constData());
        const bool marks = value && std::ranges::any_of(value->layers, [](const protocol::Layer& layer) {
                               return !layer.y.empty() || !layer.z.empty();
                           });
        const bool shown = results()->card(ResultCard::Kind::Figure, name);
        if (!marks || !shown)
            qWarning("figure %s: marks %d, card %d", qPrintable(name), marks, shown);
        return marks && shown;
    });
}

widgets::PlotCanvas* PageDriver::canvas(const char* name) const
{
    auto* card = static_cast<widgets::FigureCard*>(
        results()->card(ResultCard::Kind::Figure, QString::fromLatin1(name)));
    return card ? card->view()->findChild<widgets::PlotCanvas*>() : nullptr;
}

void PageDriver::click(const char* name, int layer, int mark)
{
    auto* plot = canvas(name);
    QVERIFY2(plot, name);
    results()->ensureWidgetVisible(plot, 0, 0);
    // A card that comes into view is drawn when its turn has come.
    const auto isDrawn = [&] {
        return plot->figurePlot().figure() == figure(name).get() &&
               !plot->figurePlot().rectOf({layer, mark}).isNull();
    };
    QVERIFY2(QTest::qWaitFor(isDrawn, 10000), name);
    QTest::mouseClick(plot, Qt::LeftButton, {}, plot->figurePlot().rectOf({layer, mark}).center().toPoint());
}

bool PageDriver::isInView(const char* gallery) const
{
    const auto* card = results()->card(ResultCard::Kind::Gallery, QString::fromLatin1(gallery));
    return card && !card->visibleRegion().isEmpty();
}

void PageDriver::lookAt(const QString& name, int parts)
{
    m_driver.window().tabs().setCurrentWidget(m_document);
    QScrollBar* bar = results()->verticalScrollBar();
    for (int part = 0; part <= parts; ++part) {
        bar->setValue(bar->maximum() * part / std::max(1, parts));
        m_driver.settle(150);
        m_driver.screenshot(QStringLiteral("%1-%2").arg(name).arg(part));
    }
    bar->setValue(0);
}

} // namespace assay::test
