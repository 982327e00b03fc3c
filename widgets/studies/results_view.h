#pragma once

#include "widgets/studies/catalogue.h"
#include "widgets/studies/result_card.h"
#include "widgets/studies/services.h"

#include <QHash>
#include <QScrollArea>

#include <memory>
#include <vector>

class QLabel;
class QTimer;

namespace assay::widgets {

class PageLayout;
class RunRecord;

/// Everything a run has shown, in sections: figures first, then galleries, then tables; one or two columns
/// by the width there is. A card is made once per name and updated in place. The order follows from the
/// run's values and not from when they arrived, so that a run looks the same live and opened again.
class ResultsView : public QScrollArea
{
    Q_OBJECT
public:
    explicit ResultsView(const Services& services, QWidget* parent = nullptr);

    /// Widgets above the sections: header, live parameters, key numbers. Taken over.
    void setTop(const QList<QWidget*>& widgets);
    void setRecord(std::shared_ptr<RunRecord> record);
    void setTheme(const Theme& theme);
    ResultCard* card(ResultCard::Kind kind, const QString& name) const;

Q_SIGNALS:
    void figureExportRequested(const QString& name);
    void tableExportRequested(const QString& name);
    /// A mark was chosen that stands for live parameters.
    void picked(const assay::Json& params);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void updateFigure(const QString& name);
    void updateTable(const QString& name);
    void updateGrid(const QString& name);
    /// Scrolls a gallery into view that is out of sight, and keeps it there while cards above it still grow,
    /// until the user scrolls.
    void reveal(const QString& gallery);
    void scrollToRevealed();
    void add(ResultCard* card);
    void remove(ResultCard::Kind kind, const QString& name);
    void enqueue(ResultCard* card);
    void refreshNext();
    void scheduleLayout();
    void layOut();
    QLabel* headingOf(const QString& section);
    std::vector<ResultCard*> ordered() const;

    Services m_services;
    Theme m_theme = Theme::light();
    std::shared_ptr<RunRecord> m_record;
    QWidget* m_body;
    PageLayout* m_page;
    QList<QWidget*> m_top;
    std::vector<ResultCard*> m_cards;
    QHash<QString, QLabel*> m_headings;
    std::vector<ResultCard*> m_queue; ///< cards that want to be refreshed, one a turn of the event loop
    QTimer* m_refreshing;
    int m_columns = 0;
    QString m_revealed;   ///< the gallery last brought into view
    int m_revealedAt = 0; ///< where the scroll bar was put for it
    bool m_layoutPending = false;
};

} // namespace assay::widgets
