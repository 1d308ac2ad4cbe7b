process HPACELLS_PREDICT {
    tag "${meta.id} ${shard}/${shards}"
    label 'process_high'
    container "${params.container}"

    input:
    tuple val(meta), val(shard), val(shards), path(part, stageAs: 'part'), val(model)

    output:
    tuple val(meta), val(shard), path("work/shards/${shard}-of-${shards}"), emit: part
    path "versions.yml", emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    """
    # Links, so that the task before keeps its results as they are; hpacells never writes into a file that is there.
    mkdir -p work/shards/${shard}-of-${shards}
    cp -Rl --preserve=timestamps part/. work/shards/${shard}-of-${shards} \\
        || cp -R --preserve=timestamps part/. work/shards/${shard}-of-${shards}
    hpacells predict --work work --shard ${shard}/${shards} --model '${model}' ${args}

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        hpacells: \$(hpacells --version | sed "s/hpacells //")
    END_VERSIONS
    """

    stub:
    """
    mkdir -p work/shards/${shard}-of-${shards}
    touch work/shards/${shard}-of-${shards}/predict.json

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        hpacells: \$(hpacells --version | sed "s/hpacells //")
    END_VERSIONS
    """
}
