#include "backend/data/formats/data_format.h"

#include "backend/data/formats/cifar_format.h"
#include "backend/data/formats/idx_format.h"
#include "backend/data/formats/image_formats.h"
#include "backend/data/formats/npz_format.h"
#include "backend/protocol/error.h"

namespace assay::data {

const std::vector<const DataFormat*>& dataFormats()
{
    static const std::vector<const DataFormat*> formats = {
        &kIdxFormat,   //
        &kCifarFormat, //
        &kNpzFormat,   //
        &cocoFormat(), // before folders, since its pictures lie in some
        &manifestFormat(), &folderFormat(),
    };
    return formats;
}

const DataFormat& dataFormat(const std::string& name)
{
    std::string known;
    for (const DataFormat* format : dataFormats()) {
        if (format->name == name)
            return *format;
        known += (known.empty() ? "" : ", ") + std::string(format->name);
    }
    throw Error("there is no data format '" + name.substr(0, 80) + "'", {}, "Known formats: " + known + ".");
}

const DataFormat* recogniseData(const std::filesystem::path& location)
{
    std::error_code code;
    if (!std::filesystem::exists(location, code))
        throw Error("does not exist", location.string(), "Check the path.");
    for (const DataFormat* format : dataFormats()) {
        if (format->recognises(location))
            return format;
    }
    return nullptr;
}

} // namespace assay::data
