#!/usr/bin/env nextflow
// From images to report: segment, crops and predict by shards, which are merged and exported.
nextflow.enable.dsl = 2

include { HPACELLS_SEGMENT } from './modules/local/hpacells/segment/main'
include { HPACELLS_CROPS   } from './modules/local/hpacells/crops/main'
include { HPACELLS_PREDICT } from './modules/local/hpacells/predict/main'
include { HPACELLS_MERGE   } from './modules/local/hpacells/merge/main'
include { HPACELLS_EXPORT  } from './modules/local/hpacells/export/main'

workflow {
    if (!params.input) {
        error "no samplesheet: give --input samplesheet.csv with the columns sample,images"
    }
    def count = params.shards as int

    samples = Channel.fromPath(params.input, checkIfExists: true)
        .splitCsv(header: true)
        .map { row -> [[id: row.sample], file(row.images, checkIfExists: true)] }
    shards = Channel.fromList((0..<count).toList())

    HPACELLS_SEGMENT(samples.combine(shards).map { meta, images, shard -> [meta, images, shard, count] })

    HPACELLS_CROPS(
        HPACELLS_SEGMENT.out.part
            .combine(samples, by: 0)
            .map { meta, shard, part, images -> [meta, shard, count, part, images] }
    )

    HPACELLS_PREDICT(
        HPACELLS_CROPS.out.part.map { meta, shard, part -> [meta, shard, count, part, params.model] }
    )

    HPACELLS_MERGE(
        HPACELLS_PREDICT.out.part
            .map { meta, shard, part -> [meta, part] }
            .groupTuple(by: 0, size: count)
            .join(samples)
    )

    HPACELLS_EXPORT(
        HPACELLS_MERGE.out.work
            .join(samples)
            .combine(Channel.fromList(params.export.tokenize(',')))
    )

    HPACELLS_SEGMENT.out.versions
        .mix(HPACELLS_CROPS.out.versions, HPACELLS_PREDICT.out.versions)
        .mix(HPACELLS_MERGE.out.versions, HPACELLS_EXPORT.out.versions)
        .unique { file -> file.text }
        .collectFile(name: 'versions.yml', storeDir: "${params.outdir}/pipeline_info")
}
