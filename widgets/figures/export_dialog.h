#pragma once

#include "widgets/figures/figure_export.h"
#include "widgets/theme/theme.h"

#include <QDialog>

#include <memory>

class QSettings;

namespace assay::widgets {

/// Asks how a figure is to be written and shows it as it will be: format, size in mm with presets for papers
/// and slides, resolution, font size, title. Remembers the last choice in the settings it is given, under
/// "export/". The caller asks for the path and writes.
class ExportDialog : public QDialog
{
    Q_OBJECT
public:
    /// @param settings may be null: nothing is remembered then. Must outlive the dialog.
    ExportDialog(std::shared_ptr<const protocol::Figure> figure, QSettings* settings, const Theme& theme,
                 QWidget* parent = nullptr);
    ~ExportDialog() override;

    ExportOptions options() const;
    void setOptions(const ExportOptions& options);
    /// "pdf", "svg", "png" or "csv".
    QString format() const;
    void setFormat(const QString& format);

    void accept() override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void schedulePreview();
    void showPreview();
    void showWhatApplies();

    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace assay::widgets
