#pragma once

#include "backend/data/catalogue.h"
#include "backend/data/recipes/garment_scenes.h"
#include "backend/data/recipes/set_writer.h"

#include <QDir>
#include <QString>

namespace assay::test {

using DrawScenes = data::DrawnSet (*)(const data::Dataset&, const data::GarmentScenesSpec&,
                                      const data::BuildHooks&);

/// Writes few scenes of real Fashion-MNIST items under the name of the whole set into @p root and makes it
/// the folder where programs look for data sets from now on: what studies of detectors are tested on.
inline void installSmallScenes(const std::string& set, DrawScenes draw, const data::GarmentScenesSpec& counts,
                               const QString& root)
{
    data::DataRecipe recipe = data::dataRecipe(set);
    recipe.info.trainCount = counts.train;
    recipe.info.testCount = counts.test;
    const auto fashion = data::DatasetCatalogue().open("fashion-mnist");
    const QString folder = root + '/' + QString::fromStdString(set);
    QDir().mkpath(folder);
    data::writeSet(recipe, draw(*fashion, counts, {}), folder.toStdString());
    qputenv("ASSAY_DATA", root.toUtf8());
}

} // namespace assay::test
