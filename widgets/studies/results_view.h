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

/// Everything a run has shown, in sections: scenes first, then figures, galleries and tables; one or two
/// columns by the width there is. A card is made once per name and updated in place. The order follows from
/// the run's values and not from when they arrived, so that a run looks the same live and opened again.
class ResultsView : public QScrollArea
{
    Q_OBJECT
public:
    explicit ResultsView(const Services& services, QWidget* parent = nullptr);

    /// Widgets above the sections: header, live parameters, key numbers. Taken over.
    void setTop(const QList<QWidget*>& widgets);
    void setRecord(std::shared_ptr<RunRecord> record);
    void setTheme(const Theme& theme);
    /// What of the run's parameters scenes can set now; @p whyNot says why there is nothing.
    void setLive(const std::vector<protocol::Field>& fields, const QString& whyNot);
    /// What was asked for on scenes has been answered, or cannot be.
    void settleScenes();
    ResultCard* card(ResultCard::Kind kind, const QString& name) const;

Q_SIGNALS:
    void figureExportRequested(const QString& name);
    void tableExportRequested(const QString& name);
    void reportRequested(assay::widgets::ResultCard::Kind kind, const QString& name, QWidget* near);
    /// A mark was chosen that stands for live parameters.
    void picked(const assay::Json& params);
    /// Live parameters were set on a scene; while a patch is dragged this comes with every step.
    void sceneEdited(const assay::Json& params);
    void patchKeepRequested(const QString& scene);
    void patchPrintRequested(const QString& scene);
    void pictureSaveRequested(const QString& scene);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void updateFigure(const QString& name);
    void updateTable(const QString& name);
    void updateGrid(const QString& name);
    void updateScene(const QString& name);
    class SceneCard* makeSceneCard(const QString& name);
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
    std::vector<protocol::Field> m_live;
    QString m_whyNotLive;
    int m_columns = 0;
    QString m_revealed;   ///< the gallery last brought into view
    int m_revealedAt = 0; ///< where the scroll bar was put for it
    bool m_layoutPending = false;
};

} // namespace assay::widgets
