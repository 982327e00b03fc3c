#pragma once

#include "widgets/browsing/browsing_page.h"
#include "widgets/browsing/engine_port.h"
#include "widgets/browsing/model_reading.h"

class QGridLayout;
class QLabel;
class QLineEdit;
class QModelIndex;
class QPushButton;
class QSortFilterProxyModel;
class QStackedWidget;
class QTabWidget;
class QTableView;
class QTreeView;
class QVBoxLayout;

namespace assay::widgets {

class FigureView;
class LayerTree;
class MessagePage;
class ParameterTable;

/// A model to be looked at: what it expects and answers, its layers, its parameters with their spread, the
/// values that can be tapped, and how fast it is.
class ModelInspector : public BrowsingPage
{
    Q_OBJECT
public:
    ModelInspector(EnginePort port, const QString& name, QWidget* parent);
    ~ModelInspector() override;

    QString title() const override;
    void setCatalogue(const Catalogue& catalogue) override;
    void setTheme(const Theme& theme) override;
    void setEngineProblem(const QString& problem) override;

private:
    void build();
    QWidget* makeHead();
    QWidget* makeLayers();
    QWidget* makeParameters();
    QWidget* makeTaps();
    QLineEdit* makeSearch(const char* name, const QString& what, QSortFilterProxyModel* filter);
    void load(bool measure);
    void take(const protocol::Reply& reply, bool measured);
    void showReading();
    void fitColumns();
    void showFacts();
    void showFindings();
    void showParameter(const QModelIndex& index);
    void updateMeasure();
    void say(const QString& sentence, bool mayTryAgain);

    EnginePort m_port;
    ModelEntry m_entry;
    bool m_known = false;
    bool m_read = false; ///< the report has arrived
    bool m_loading = false;
    bool m_measuring = false;
    QString m_engineProblem;
    ModelReading m_reading;
    quint64 m_serial = 0;
    Theme m_theme = Theme::light();

    QLabel* m_title;
    QLabel* m_summary;
    QLabel* m_warning;
    QStackedWidget* m_pages;
    MessagePage* m_message;
    QGridLayout* m_facts = nullptr;
    QLabel* m_contract = nullptr;
    QVBoxLayout* m_findings = nullptr;
    QPushButton* m_measure = nullptr;
    QLabel* m_speed = nullptr;
    QTabWidget* m_tabs = nullptr;
    LayerTree* m_layers;
    QSortFilterProxyModel* m_layerFilter;
    QTreeView* m_layerView = nullptr;
    ParameterTable* m_parameters;
    QSortFilterProxyModel* m_parameterFilter;
    QTableView* m_parameterView = nullptr;
    FigureView* m_histogram = nullptr;
    QSortFilterProxyModel* m_tapFilter;
};

} // namespace assay::widgets
