#include "widgets/studies/study_document.h"

#include "backend/protocol/error.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/run_record.h"
#include "widgets/studies/file_dialogs.h"
#include "widgets/studies/live_bar.h"
#include "widgets/studies/patch_dialogs.h"
#include "widgets/studies/results_view.h"
#include "widgets/studies/scene_card.h"
#include "widgets/studies/scene_view.h"

#include <algorithm>
#include <iterator>

// What the user does to scenes: one part of StudyDocument.

namespace assay::widgets {

using protocol::RunState;

namespace {

QString whyNotLive(const RunRecord& record, const StudyEntry& study)
{
    if (record.state() != RunState::Finished && !isFinal(record.state()))
        return StudyDocument::tr("The patch can be moved when the run has finished.");
    if (record.state() != RunState::Finished)
        return StudyDocument::tr("The run did not finish, so that the patch cannot be moved.");
    if (study.id.isEmpty())
        return StudyDocument::tr("This engine does not know the study, so that the patch cannot be moved.");
    return StudyDocument::tr("This study answers nothing after its run, so that the patch cannot be moved.");
}

} // namespace

void StudyDocument::updateLive()
{
    std::vector<protocol::Field> live;
    if (!m_live->isHidden())
        std::copy_if(m_study.schema.fields.begin(), m_study.schema.fields.end(), std::back_inserter(live),
                     [](const protocol::Field& field) { return field.live; });
    QString why;
    if (live.empty())
        why = whyNotLive(*m_record, m_study);
    else
        why = tr("This study does not answer a moved patch.");
    m_results->setLive(live, why);
}

void StudyDocument::editScene(const Json& params)
{
    if (m_live->isHidden())
        return;
    m_live->change(params);
    // Nothing was asked for where the parameters are what they were, or cannot be.
    if (m_record && !m_record->isExpectingPreview())
        m_results->settleScenes();
}

void StudyDocument::keepPatch(const QString& scene)
{
    const SharedScene value = m_record ? valueOf(m_record->scenes(), scene) : nullptr;
    if (!value)
        return;
    const std::string artifact = value->patch.name;
    auto* dialog = new KeepDialog(QString::fromStdString(artifact), this);
    connect(dialog, &QDialog::accepted, this, [this, dialog, artifact] {
        const QString name = dialog->name();
        const Json params = {
            {"run", runId().toStdString()}, {"artifact", artifact}, {"name", name.toStdString()}};
        m_services.engine.request("patch.keep", params, this, [this, name](const protocol::Reply& reply) {
            if (reply.ok)
                Q_EMIT noticed(QStringLiteral("good"),
                               tr("The patch is kept in the workspace as “%1”.").arg(name));
            else
                Q_EMIT noticed(QStringLiteral("bad"), QString::fromStdString(reply.error));
        });
    });
    dialog->open();
}

void StudyDocument::printPatch(const QString& scene)
{
    const SharedScene value = m_record ? valueOf(m_record->scenes(), scene) : nullptr;
    if (!value || value->patch.pixels.empty())
        return;
    const protocol::ScenePatch& patch = value->patch;
    const double shape =
        patch.width > 0 && patch.height > 0 ? patch.height / patch.width : double(patch.rows) / patch.columns;
    auto* dialog = new PrintDialog(shape, this);
    connect(dialog, &QDialog::accepted, this, [this, dialog, value, shape] {
        const PatchPrint print = dialog->print();
        const QString suggestion = QStringLiteral("%1-%2cm.png")
                                       .arg(QString::fromStdString(value->patch.name))
                                       .arg(print.widthCm, 0, 'g', 4);
        m_services.dialogs.saveFile(this, tr("Export patch for print"), suggestion, tr("PNG (*.png)"),
                                    [this, value, print, shape](const QString& path) {
                                        report([&] {
                                            const QImage image = printImage(patchOf(value), print, shape);
                                            writePng(image, path);
                                            return tr("%1 written: %2 × %3 pixels, %4 cm wide at %5 dpi.")
                                                .arg(path)
                                                .arg(image.width())
                                                .arg(image.height())
                                                .arg(print.widthCm, 0, 'f', 1)
                                                .arg(print.dpi);
                                        });
                                    });
    });
    dialog->open();
}

void StudyDocument::savePicture(const QString& scene)
{
    const auto* card = static_cast<SceneCard*>(m_results->card(ResultCard::Kind::Scene, scene));
    if (!card || !card->view())
        return;
    const QImage picture = card->view()->shownPicture();
    m_services.dialogs.saveFile(
        this, tr("Save picture"), scene + QStringLiteral(".png"), tr("PNG (*.png)"),
        [this, picture](const QString& path) {
            report([&] {
                writePng(picture, path);
                return tr("%1 written: %2 × %3 pixels.").arg(path).arg(picture.width()).arg(picture.height());
            });
        });
}

} // namespace assay::widgets
