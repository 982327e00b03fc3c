#pragma once

#include "window_driver.h"

#include "backend/protocol/json.h"
#include "widgets/engine/run_record.h"
#include "widgets/studies/result_card.h"

#include <memory>
#include <string>

namespace assay::widgets {
class LiveBar;
class PlotCanvas;
class ResultsView;
} // namespace assay::widgets

namespace assay::test {

/// A study document of the real window as its reader uses it: looks at figures, clicks marks, moves fields.
class PageDriver
{
public:
    PageDriver(WindowDriver& driver, widgets::StudyDocument* document)
        : m_driver(driver)
        , m_document(document)
    {}

    /// Presses Run and waits for the end and for the live fields. False: why is in the test's output.
    bool run();

    widgets::StudyDocument* document() const { return m_document; }
    widgets::LiveBar* live() const;
    widgets::ResultsView* results() const;
    QString runFolder() const;

    /// What is shown now; null: nothing of that name.
    std::shared_ptr<const protocol::Figure> figure(const char* name) const;
    std::shared_ptr<const protocol::ImageGrid> grid(const char* name) const;
    std::shared_ptr<const protocol::Table> table(const char* name) const;
    /// The layer's position, -1 for none of that name.
    int layer(const char* figure, const char* name) const;

    /// Every figure named has marks, and a card on the page.
    bool shows(const QStringList& figures) const;
    widgets::PlotCanvas* canvas(const char* figure) const;
    /// Scrolls to the figure and clicks the middle of a mark.
    void click(const char* figure, int layer, int mark);
    /// Whether some of the gallery's card is in view.
    bool isInView(const char* gallery) const;

    /// Brings the document to the front and takes pictures of its page from top to bottom: NAME-PART.
    void lookAt(const QString& name, int parts);

private:
    WindowDriver& m_driver;
    widgets::StudyDocument* m_document;
};

} // namespace assay::test
