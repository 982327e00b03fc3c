#pragma once

#include "widgets/canvas/canvas_types.h"
#include "widgets/canvas/compare_layout.h"
#include "widgets/studies/scene_values.h"
#include "widgets/theme/theme.h"

#include <QWidget>

class QAction;
class QActionGroup;
class QComboBox;
class QMenu;
class QToolButton;

namespace assay::widgets {

class ImageCanvas;

/// The controls above a scene's canvas: which sample, which pictures and how they are compared, how pixels
/// are drawn, tools, undo, and what can be done with the patch. The canvas knows what is chosen; the toolbar
/// shows it.
class SceneToolbar : public QWidget
{
    Q_OBJECT
public:
    SceneToolbar(ImageCanvas& canvas, QWidget* parent);

    void setScene(const protocol::Scene& scene);
    /// Samples can be chosen; otherwise @p whyNot is the tooltip.
    void setSamplesLive(bool live, const QString& whyNot);
    void setTheme(const Theme& theme);
    /// Filled by the owner.
    QMenu* patchMenu() const { return m_patchMenu; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

Q_SIGNALS:
    void sampleChosen(qint64 sample);

private:
    QToolButton* makeButton(const QString& name, const QString& text, const QString& toolTip);
    QToolButton* makeMenu(const QString& name, const QString& text, const QString& toolTip, QMenu* menu);
    void buildSamples();
    void buildCompare();
    void buildLook();
    void buildTools();
    void buildUndo();
    void stepSample(int by);
    void applyCompare();
    void fillPictures(const QStringList& names);
    void showSample();

    ImageCanvas& m_canvas;
    QStringList m_pictures;
    QWidget* m_sampleBox;
    QToolButton* m_previous;
    QToolButton* m_next;
    QComboBox* m_samples;
    QComboBox* m_compare;
    QComboBox* m_first;
    QComboBox* m_second;
    QActionGroup* m_tools = nullptr;
    QToolButton* m_patch = nullptr;
    QMenu* m_patchMenu;
};

} // namespace assay::widgets
