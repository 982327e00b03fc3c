#pragma once

#include "widgets/browsing/engine_port.h"
#include "widgets/browsing/sample_reply.h"
#include "widgets/forms/schema_form.h"
#include "widgets/theme/theme.h"

#include <QScrollArea>

#include <memory>

class QFormLayout;
class QLabel;
class QToolButton;
class QVBoxLayout;

namespace assay::widgets {

class ElidedLabel;
class FieldControl;
class PredictionsView;
class ZoomView;

/// One sample large: its pixels and boxes, what is known of it, and what the chosen models make of it.
class SamplePanel : public QScrollArea
{
    Q_OBJECT
public:
    SamplePanel(EnginePort port, QWidget* parent);
    ~SamplePanel() override;

    void setSource(const QString& data, const QString& split, const QStringList& classes);
    /// The models that can be asked; those chosen before stay chosen.
    /// @param first chosen when none has been yet
    void setModels(const QList<FormChoices::Choice>& models, const QStringList& first);
    QStringList chosenModels() const;
    /// Asks for the sample and shows it when it arrives; -1 for none. While one is being asked for, only the
    /// newest waits.
    void show(qint64 id);
    qint64 shownId() const { return m_id; }
    void setTheme(const Theme& theme);

private:
    void build();
    QWidget* makeZoomRow();
    QWidget* makeModelChoice();
    void ask();
    void take(const protocol::Reply& reply, quint64 serial);
    void showSample(const SampleReply& sample);
    void showProblem(const QString& sentence);
    void fillFacts(const SampleReply& sample);
    void updateModelButton();

    EnginePort m_port;
    QString m_data, m_split;
    QStringList m_classes;
    qint64 m_id = -1;
    bool m_underWay = false;
    bool m_waiting = false;
    quint64 m_serial = 0; ///< answers of an earlier source are dropped
    Theme m_theme = Theme::light();

    QWidget* m_page;
    QWidget* m_content;
    QVBoxLayout* m_column;
    QLabel* m_title;
    ElidedLabel* m_name;
    QLabel* m_hint;
    ZoomView* m_image;
    QLabel* m_pixel;
    QLabel* m_zoom;
    QToolButton* m_boxes = nullptr;
    QToolButton* m_zoomButtons[2] = {};
    QFormLayout* m_facts;
    QLabel* m_caption;
    QToolButton* m_modelButton;
    QVBoxLayout* m_modelRoom;
    FieldControl* m_modelList = nullptr;
    PredictionsView* m_predictions;
    QLabel* m_problem;
};

} // namespace assay::widgets
